package ishenzhen.app

import java.io.File
import java.io.RandomAccessFile
import java.security.MessageDigest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.ParameterizedRobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** The states that people meet, each by its real cause: what the screen says then, and what it offers. */
@RunWith(ParameterizedRobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35])
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class StatesTest(private val look: String, qualifiers: String, fontScale: Float, private val born: Int) {
    init {
        RuntimeEnvironment.setQualifiers(qualifiers)
        RuntimeEnvironment.setFontScale(fontScale)
    }

    private val launch = Launch()
    @get:Rule val rule = launch.rule()
    private val screen by lazy { Screen(rule) }
    private val app get() = launch.app
    @get:Rule(order = 1) val own = OwnCities()

    @Test fun `no pass for today, and no network`() {
        val city = enrolledInOwnCity(1)
        city.stop()
        pass(16)
        launch.open()
        screen.see("WALLET_NO_PASS")
        screen.see(R.string.try_again)
        keep("no-pass")
    }

    @Test fun `no pass for today, until there is network again`() {
        Phone.enrol(number(2), "林无网")
        // The service's own day is another one: what it gives now is for its days, and the phone is set right
        // by it.
        pass(16)
        launch.open()
        screen.waitForCode()
        assertEquals("accept", TrialCity.scan(read(screen.look())).getString("decision"))
    }

    @Test fun `few passes left, and no network`() {
        val city = enrolledInOwnCity(3)
        city.stop()
        pass(13)
        launch.open()
        screen.waitForCode()
        screen.see(screen.words(R.string.few_days, 2))
        keep("few-passes")
    }

    @Test fun `the clock is far off`() {
        val city = enrolledInOwnCity(4)
        city.stop()
        Phone.start()
        Phone.setClock(-400 * Phone.DAY)
        launch.open()
        screen.see(R.string.time_in_doubt)
        keep("clock-off")
    }

    @Test fun `the clock is far off, until there is network again`() {
        Phone.enrol(number(10), "林校时")
        Phone.start()
        Phone.setClock(-400 * Phone.DAY)
        launch.open()
        screen.waitForCode()
        rule.waitUntil("the time is known again", 60_000) { runCatching { read(screen.look()) }.isSuccess && !screen.isThere(screen.words(R.string.time_in_doubt)) }
        assertEquals("accept", TrialCity.scan(read(screen.look())).getString("decision"))
    }

    @Test fun `the keys of the passes are gone`() {
        val city = enrolledInOwnCity(5)
        city.stop()
        FakeKeyStore.entries.keys.removeAll { it.startsWith("szid.device.pass") }
        launch.open()
        screen.see("WALLET_KEY")
        screen.see(R.string.try_again)
        keep("key-gone")
    }

    @Test fun `the keys of the passes are gone, and there is network`() {
        Phone.enrol(number(6), "林新钥")
        FakeKeyStore.entries.keys.removeAll { it.startsWith("szid.device.pass") }
        launch.open()
        screen.waitForCode()
        assertEquals("accept", TrialCity.scan(read(screen.look())).getString("decision"))
    }

    @Test fun `the vault is another phone's`() {
        Phone.enrol(number(7), "林别机")
        FakeKeyStore.entries.clear()
        launch.open()
        screen.see("VAULT_KEY_LOST")
        keep("another-phone")
        // Twice, for nothing brings it back.
        screen.touch(R.string.begin_anew)
        screen.see(R.string.wipe_explained)
        screen.touch(R.string.wipe_now)
        screen.see(R.string.enrol_title)
    }

    @Test fun `the service is down`() {
        val city = enrolledInOwnCity(8)
        city.stop()
        launch.open()
        screen.waitForCode()
        screen.touch(R.string.tab_uses)
        screen.see("WALLET_NETWORK")
        screen.see(R.string.try_again)
        keep("service-down")
        screen.touch(R.string.tab_code)
        screen.touch(R.string.number_title)
        screen.see("WALLET_NETWORK")
        keep("service-down-number")
    }

    @Test fun `the vault is of a newer version of the app`() {
        Phone.enrol(number(9), "林新版")
        makeNewer(File(Phone.folder, "key"))
        launch.open()
        screen.see("VAULT_NEWER_VERSION")
        keep("update")
        assertTrue("nothing is wiped for it", !screen.isThere(screen.words(R.string.begin_anew)))
    }

    @Test fun `the storage is full`() {
        val disk = Phone.folder.apply { mkdirs() }
        assumeTrue("a small disk takes root", run("mount", "-t", "tmpfs", "-o", "size=8k", "none", disk.path))
        try {
            launch.open()
            screen.see("VAULT_DISK_FULL")
            keep("storage-full")
            assertTrue("nothing is wiped for it", !screen.isThere(screen.words(R.string.begin_anew)))
            assertTrue(run("mount", "-o", "remount,size=64m", disk.path))
            screen.touch(R.string.try_again)
            screen.see(R.string.enrol_title)
            launch.kill()
        } finally {
            run("umount", "-l", disk.path)
        }
    }

    private fun enrolledInOwnCity(person: Int): RunningCity {
        val city = own.another()
        app.around = city
        Phone.enrol(number(person), "林状态", city)
        return city
    }

    /** So many days go by, and the phone starts anew. */
    private fun pass(days: Int) {
        Phone.start()
        Phone.setClock(days * Phone.DAY)
    }

    private fun keep(name: String) {
        val picture = screen.keep("state-$name$look")
        screen.inspect()
        assertEquals(emptyList<String>(), faint(rule, picture))
    }

    private fun number(person: Int) = citizen(born, person)

    private fun run(vararg command: String) = ProcessBuilder(*command).start().waitFor() == 0

    /** As later software writes it: another version, and the sum over it right. */
    private fun makeNewer(file: File) = RandomAccessFile(file, "rw").use {
        val bytes = ByteArray(it.length().toInt()).also(it::readFully)
        bytes[9] = (bytes[9] + 1).toByte()
        val sum = MessageDigest.getInstance("SHA-256").digest(bytes.copyOf(bytes.size - 32))
        sum.copyInto(bytes, bytes.size - 32)
        it.seek(0)
        it.write(bytes)
    }

    companion object {
        @JvmStatic
        @ParameterizedRobolectricTestRunner.Parameters(name = "{0}")
        fun looks(): List<Array<Any>> = listOf(
            arrayOf<Any>("", "zh-rCN-w360dp-h720dp-xhdpi", 1f, 19_830_101),
            arrayOf<Any>("-large", "zh-rCN-w320dp-h480dp-xhdpi", 2f, 19_840_101),
        )
    }
}

/** The number of a made-up citizen with its check digit: no place of this code is anybody's. */
fun citizen(born: Int, person: Int): String {
    val digits = "440399$born%03d".format(person)
    val weights = listOf(7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[digits.toList().zip(weights).sumOf { (digit, weight) -> digit.digitToInt() * weight } % 11]
}
