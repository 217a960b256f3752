package ishenzhen.app

import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import ishenzhen.app.model.CodeState
import ishenzhen.app.model.HomeState
import ishenzhen.app.model.Opened
import java.io.File
import java.lang.management.ManagementFactory
import java.security.KeyFactory
import java.security.spec.PKCS8EncodedKeySpec
import java.security.spec.X509EncodedKeySpec
import javax.crypto.spec.SecretKeySpec
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/**
 * Figures, and no test: how long from touching the app to the code, and how long a new code keeps the thread that draws.
 * A phone that was enrolled is made by one run and read by the next, so that nothing of the way is known to the program yet.
 */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class Bench {
    private val app get() = RuntimeEnvironment.getApplication() as TrialApp
    private val kept = File(System.getProperty("szid.bench")!!)
    private val picture = Bitmap.createBitmap(720, 1440, Bitmap.Config.ARGB_8888)

    @Test fun figures() {
        if (!kept.exists()) {
            Phone.enrol(citizen(19_900_101, 1), "林快速")
            keep()
            return
        }
        bringBack()
        Phone.start()
        println("bench: ${opening("cold, the first time in a program")}")
        val warm = (1..ROUNDS).map { timed() }
        println("bench: open to first frame, warm: ${told(warm.map { it.whole })}")
        println("bench:   of it, until the wallet is open: ${told(warm.map { it.opened })}")
        println("bench:   of it, until the code is made: ${told(warm.map { it.made })}")
        redraws()
    }

    private fun told(millis: List<Double>): String {
        val sorted = millis.sorted()
        return "median %.1f ms, least %.1f, most %.1f, of %d".format(sorted[sorted.size / 2], sorted.first(), sorted.last(), sorted.size)
    }

    private fun opening(which: String) = timed().let { "open to first frame, $which: %.0f ms; wallet open after %.0f, code made after %.0f".format(it.whole, it.opened, it.made) }

    private class Times(val opened: Double, val made: Double, val whole: Double)

    /** The app opened, and ended by the system afterwards. */
    private fun timed(): Times {
        app.die()
        val begun = System.nanoTime()
        val since = { (System.nanoTime() - begun) / 1e6 }
        val controller = Robolectric.buildActivity(MainActivity::class.java).setup()
        var (open, made) = 0.0 to 0.0
        while (true) {
            val opened = opened()
            if (opened != null && open == 0.0) open = since()
            if (opened?.code?.state?.value is CodeState.Shown) break
            frame()
        }
        made = since()
        frame()
        draw(controller)
        while (drawnIn(picture).width() < LEAST) {
            frame()
            draw(controller)
        }
        val whole = since()
        controller.pause().stop().destroy()
        return Times(open, made, whole)
    }

    private fun redraws() {
        app.die()
        val controller = Robolectric.buildActivity(MainActivity::class.java).setup()
        while (opened()?.code?.state?.value !is CodeState.Shown) frame()
        frame()
        draw(controller)
        val threads = ManagementFactory.getThreadMXBean()
        val (composed, drawn) = mutableListOf<Double>() to mutableListOf<Double>()
        val worked = mutableListOf<Double>()
        repeat(ROUNDS + WARM_UP) { round ->
            val model = checkNotNull(opened()).code
            val before = (model.state.value as CodeState.Shown).code.digits
            // A new code, which another thread makes.
            model.setEasier(!model.easier.value)
            while ((model.state.value as? CodeState.Shown)?.code?.digits.let { it == null || it == before }) Thread.sleep(1)
            val (begun, busy) = System.nanoTime() to threads.currentThreadCpuTime
            frame()
            val laidOut = System.nanoTime()
            draw(controller)
            val done = System.nanoTime()
            if (round >= WARM_UP) {
                composed += (laidOut - begun) / 1e6
                drawn += (done - laidOut) / 1e6
                worked += (threads.currentThreadCpuTime - busy) / 1e6
            }
        }
        println("bench: a new code on the main thread, composed and laid out: ${told(composed)}")
        println("bench: a new code on the main thread, drawn in software: ${told(drawn)}")
        println("bench: both, processor time of that thread: ${told(worked)}")
        println("bench: both: ${told(composed.zip(drawn) { one, other -> one + other })}")
        controller.pause().stop().destroy()
    }

    private fun opened(): Opened? = (app.home.state.value as? HomeState.Enrolled)?.opened

    private fun frame() = shadowOf(Looper.getMainLooper()).idleFor(java.time.Duration.ofMillis(16))

    private fun draw(controller: ActivityController<MainActivity>) = controller.get().window.decorView.draw(Canvas(picture))

    /** The wallet's folder, and what a phone's key store would keep. */
    private fun keep() {
        kept.mkdirs()
        File(kept, "root").writeBytes(TrialCity.city().rootKeys.single())
        Phone.folder.copyRecursively(File(kept, "wallet"))
        FakeKeyStore.entries.forEach { (alias, entry) ->
            File(kept, "$alias.key").writeBytes(entry.key.encoded)
            entry.public?.let { File(kept, "$alias.public").writeBytes(it.encoded) }
        }
    }

    private fun bringBack() {
        val root = File(kept, "root").readBytes()
        // That service is gone: a phone without network.
        app.around = object : RunningCity() {
            override fun city() = City(listOf(root), demo = true)
        }
        File(kept, "wallet").copyRecursively(Phone.folder)
        kept.listFiles { file -> file.extension == "key" }!!.forEach { file ->
            val alias = file.name.removeSuffix(".key")
            val public = File(kept, "$alias.public").takeIf(File::exists)?.readBytes()
            val spec = KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN).build()
            FakeKeyStore.entries[alias] = if (public == null) {
                FakeKeyStore.Entry(SecretKeySpec(file.readBytes(), "AES"), null, spec)
            } else {
                val factory = KeyFactory.getInstance("EC", "SunEC")
                val key = factory.generatePrivate(PKCS8EncodedKeySpec(file.readBytes()))
                FakeKeyStore.Entry(key, factory.generatePublic(X509EncodedKeySpec(public)), spec)
            }
        }
    }

    private companion object {
        const val ROUNDS = 21
        const val WARM_UP = 10
        /** Pixels of a code that is seen. */
        const val LEAST = 200
    }
}
