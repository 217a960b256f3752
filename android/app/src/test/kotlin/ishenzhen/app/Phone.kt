package ishenzhen.app

import android.provider.Settings
import com.sun.jna.Function
import com.sun.jna.NativeLibrary
import ishenzhen.sdk.AndroidDeviceKeys
import ishenzhen.sdk.AndroidSealingKey
import java.io.File
import kotlinx.coroutines.runBlocking
import org.robolectric.RuntimeEnvironment
import szid.UrlConnectionHttp
import szid.Wallet
import szid.WalletConfig

/** The phone under the app, to which things happen while the app is not open. */
object Phone {
    private val context get() = RuntimeEnvironment.getApplication()
    val folder get() = File(context.noBackupFilesDir, "wallet")
    private var starts = 1

    /** The wallet as the app opens it. */
    fun wallet(city: RunningCity = TrialCity, folder: File = this.folder): Wallet = Wallet.open(
        WalletConfig(folder.path, city.city().rootKeys, demoMode = true, boot = Settings.Global.getString(context.contentResolver, Settings.Global.BOOT_COUNT)),
        AndroidDeviceKeys(context), AndroidSealingKey(), http = UrlConnectionHttp(),
    )

    /** Somebody enrolled some time ago. */
    fun enrol(number: String, name: String, city: RunningCity = TrialCity) {
        start()
        val offer = city.offer(number, name)
        wallet(city).use { runBlocking { it.enrol(offer.link, offer.txCode) } }
    }

    /** Starts anew: whatever ran on since, is not known. */
    fun start() {
        Settings.Global.putString(context.contentResolver, Settings.Global.BOOT_COUNT, "${starts++}")
    }

    /** The clock is set so many seconds from what is right; 0 for back. */
    fun setClock(seconds: Long) {
        val shift: Function = NativeLibrary.getProcess().getFunction("trial_clock_shift")
        shift.invokeVoid(arrayOf<Any>(seconds))
    }

    const val DAY = 86_400L
}
