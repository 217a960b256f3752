package ishenzhen.app

import android.app.Application
import android.content.Context
import android.content.SharedPreferences
import android.graphics.drawable.Icon
import android.os.Build
import android.provider.Settings
import android.util.Base64
import androidx.annotation.StringRes
import ishenzhen.app.model.Door
import ishenzhen.app.model.Finger
import ishenzhen.app.model.Home
import ishenzhen.app.model.Unseen
import ishenzhen.sdk.AndroidDeviceKeys
import ishenzhen.sdk.AndroidSealingKey
import ishenzhen.sdk.BackCamera
import ishenzhen.sdk.Camera
import ishenzhen.sdk.FingerPrompt
import ishenzhen.sdk.FingerWords
import ishenzhen.sdk.Foreground
import ishenzhen.sdk.KeyPlace
import ishenzhen.sdk.KeyPlaces
import ishenzhen.sdk.RefreshesUnseen
import ishenzhen.sdk.Reminder
import ishenzhen.sdk.ReminderWords
import ishenzhen.sdk.ScreenLockPrompt
import java.io.File
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import szid.HolderPrompt
import szid.UrlConnectionHttp
import szid.Wallet
import szid.WalletConfig
import szid.wipeClosedWallet

/** The process: one wallet, opened once, over this phone's own adapters. */
open class CitizenApp : Application(), RefreshesUnseen {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
    val foreground = Foreground()

    private val chosen = MutableStateFlow<Choices?>(null)

    /** What the holder chose; nothing until it is read, which the thread that draws does not wait for. */
    val choices: StateFlow<Choices?> = chosen

    /** What is applied later would be waited for by the thread that draws, when the app goes out of sight. */
    internal fun change(how: SharedPreferences.Editor.() -> Unit): Job = scope.launch {
        settings(this@CitizenApp).edit().apply(how).commit()
        choose()
    }

    /** Takes what is chosen now. */
    @Synchronized private fun choose() {
        chosen.value = Choices(Language.chosen(this), Elderly.isOn(this))
    }

    /** The city that this app is for; tests have one of their own. */
    protected open val city: City by lazy {
        City(listOf(Base64.decode(getString(R.string.city_root_key), Base64.DEFAULT)), resources.getBoolean(R.bool.city_is_a_demo))
    }

    /** For venues' codes; tests have one of their own. */
    open val camera: Camera by lazy { BackCamera(this) }

    /** Where this phone keeps the keys; nothing as long as there are none. */
    fun keyPlace(): KeyPlace? = KeyPlaces().worst()

    private val deviceKeys by lazy { AndroidDeviceKeys(this) }

    /** For finger and face; tests have one of their own. */
    protected open val finger: Finger by lazy { PhoneFinger() }

    /** The system's question for the screen lock; tests have one of their own. */
    protected open val screenLock: HolderPrompt by lazy { ScreenLockPrompt(this, foreground) { words(R.string.unlock_to_go_on) } }

    /** Whether the system's screen for its lock may stand before the app. */
    val asksScreenLock: Boolean get() = (screenLock as? ScreenLockPrompt)?.isAsking == true

    /** Tests end it and make another one, as the system does with processes. */
    open val home: Home by lazy { makeHome() }

    internal fun makeHome() = Home(PhoneDoor(), finger, scope)

    override fun onCreate() {
        super.onCreate()
        registerActivityLifecycleCallbacks(foreground)
        scope.launch { choose() }
    }

    override suspend fun refreshUnseen(): Boolean {
        val ended = home.refreshUnseen()
        val reminder = Reminder(this)
        when (ended) {
            Unseen.ENDS_SOON -> reminder.show(Icon.createWithResource(this, R.drawable.code), reminderWords())
            Unseen.DONE -> reminder.hide()
            Unseen.AGAIN -> Unit
        }
        return ended == Unseen.DONE
    }

    private fun reminderWords(): ReminderWords {
        val context = Language.of(this, Language.chosen(this))
        return ReminderWords(
            context.getString(R.string.reminder_channel), context.getString(R.string.reminder_heading), context.getString(R.string.reminder_text),
        )
    }

    /** The vault lies where no backup looks: on another phone it could not be opened. */
    private inner class PhoneDoor : Door {
        /** Asking for it makes it. */
        private val folder by lazy { File(noBackupFilesDir, "wallet").path }
        private val sealing = AndroidSealingKey()

        override fun open(): Wallet = Wallet.open(
            WalletConfig(
                folder = folder, rootKeys = city.rootKeys, demoMode = city.demo, deviceName = Build.MODEL.orEmpty(),
                // Another one after each start of the phone.
                boot = Settings.Global.getString(contentResolver, Settings.Global.BOOT_COUNT),
            ),
            deviceKeys,
            sealing,
            http = UrlConnectionHttp(),
            prompt = screenLock,
        )

        override fun wipeClosed() = wipeClosedWallet(folder, sealing)
    }

    private inner class PhoneFinger : Finger {
        private val prompt = FingerPrompt(this@CitizenApp, deviceKeys, foreground) {
            FingerWords(words(R.string.finger_prompt), words(R.string.cancel))
        }

        override fun isThere() = prompt.isThere()

        override suspend fun sign(handle: String, message: ByteArray) = prompt.sign(handle, message)
    }

    /** In the language of the app, which may be another one than the phone's. */
    private fun words(@StringRes id: Int): String = Language.of(foreground.activity() ?: this, choices.value?.language).getString(id)

    companion object {
        fun of(context: Context) = context.applicationContext as CitizenApp
    }
}

/** What makes an app that of a city: its root keys (DER), and whether it is one for trials. */
class City(val rootKeys: List<ByteArray>, val demo: Boolean)
