package ishenzhen.app

import android.Manifest
import ishenzhen.app.model.Home
import ishenzhen.app.model.HomeState
import java.io.File
import java.io.RandomAccessFile
import java.net.HttpURLConnection
import java.net.URI
import java.util.Base64
import org.json.JSONObject
import org.junit.rules.ExternalResource
import org.robolectric.Shadows.shadowOf

/** One service for all tests that leave it running. */
object TrialCity : RunningCity(gated = true) {
    /** The library's scene. */
    const val LIBRARY = 2
    /** A scene of the hall that asks the holder, and wants more than an open app. */
    const val HOSPITAL = 6
}

/** The real service, run by its example program, as a registrar and venues see it; with a real gate beside it where one is wanted. */
open class RunningCity(gated: Boolean = false) {
    private val shift = File.createTempFile("clock", null).apply { deleteOnExit() }
    private val process by lazy {
        setClock(0)
        val gate = if (gated) listOf("--gate", System.getProperty("szid.program")) else emptyList()
        val builder = ProcessBuilder(listOf(System.getProperty("szid.city")) + gate).redirectError(ProcessBuilder.Redirect.INHERIT)
        builder.environment()["TRIAL_CLOCK"] = shift.path
        builder.start()
    }
    private val told by lazy { JSONObject(process.inputStream.bufferedReader().readLine()) }
    private val base: String get() = told.getString("base_url")
    private val gate: String get() = told.getJSONObject("gate").getString("base_url")

    open fun city() = City(listOf(Base64.getDecoder().decode(told.getString("root_spki"))), demo = true)

    fun offer(number: String, name: String): Offer {
        val body = """{"document":{"type":"111","number":"$number"},"name":"$name","identity_level":4,"method":"counter"}"""
        var answer = post("/v1/registrar/enrolments", "registrar", body)
        if (answer.has("request")) answer = post("/v1/registrar/requests/${answer.getString("request")}/confirm", "second_registrar", "{}")
        return Offer(answer.getString("credential_offer"), answer.getString("tx_code"))
    }

    /** A counter asks for another phone of somebody known; the request, until the holder or a second registrar says yes. */
    fun askForAnotherPhone(number: String, name: String): String {
        val body = """{"document":{"type":"111","number":"$number"},"name":"$name","identity_level":4,"method":"counter","devices":"adds"}"""
        return post("/v1/registrar/enrolments", "registrar", body).getString("request")
    }

    /** The counter ends what the holder approved. */
    fun confirmAlone(request: String) = post("/v1/registrar/requests/$request/confirm", "registrar", "{}")

    /** A scan in the library. */
    fun scan(digits: String, operator: String = "desk-1") =
        post("/v1/scans", "venue", """{"code":"$digits","scene":${TrialCity.LIBRARY},"operator":"$operator"}""")

    /** A scan at the park's gate, which decides by itself and asks no service. */
    fun scanAtGate(digits: String): JSONObject = ask(gate + "/v1/scans", null, """{"code":"$digits"}""")

    /** A scan in the hall; waits for the holder where the scene asks. */
    fun scanInHall(digits: String, scene: Int) =
        post("/v1/scans", "hall", """{"code":"$digits","scene":$scene,"operator":"desk-1"}""")

    /** The code that the hall's desk shows now. */
    fun venueCode(scene: Int): String = post("/v1/venue-codes", "hall", """{"scene":$scene}""").getString("digits")

    /** Looks at the hall's screen once, which says for half a minute that somebody does. */
    fun visitsInHall() = send("/v1/visits?wait=0", "hall", null).getJSONArray("visits")

    /** So many seconds from what is right. */
    fun setClock(seconds: Long) = RandomAccessFile(shift, "rw").use { it.writeLong(java.lang.Long.reverseBytes(seconds)) }

    /** It answers no more. */
    fun stop() {
        process.destroyForcibly().waitFor()
    }

    private fun post(path: String, who: String, body: String) = send(path, who, body)

    private fun send(path: String, who: String, body: String?) = ask(base + path, told.getString(who), body)

    private fun ask(address: String, secret: String?, body: String?): JSONObject {
        val connection = URI(address).toURL().openConnection() as HttpURLConnection
        if (secret != null) connection.setRequestProperty("Authorization", "Bearer $secret")
        if (body != null) {
            connection.doOutput = true
            connection.setRequestProperty("Content-Type", "application/json")
            connection.outputStream.use { it.write(body.toByteArray()) }
        }
        val failed = connection.responseCode >= 400
        val text = (if (failed) connection.errorStream else connection.inputStream).use { it.readBytes().decodeToString() }
        check(!failed) { "$address: $text" }
        return JSONObject(text)
    }
}

/** Cities of a test's own, which end with it; the phone's clock is right again then. */
class OwnCities : ExternalResource() {
    private val all = mutableListOf<RunningCity>()

    fun another() = RunningCity().also { all += it }

    override fun after() {
        Phone.setClock(0)
        all.forEach(RunningCity::stop)
    }
}

/** What the counter hands out. */
class Offer(val link: String, val txCode: String)

/** The app as it is, for the trial city and over a key store that stands in for the phone's. */
class TrialApp : CitizenApp() {
    /** Another one for a test whose service fails. */
    var around: RunningCity = TrialCity

    public override val city get() = around.city()
    override val camera = FakeCamera()
    public override val screenLock = FakeScreenLock()
    public override val finger = FakeFinger()

    private var living: Home? = null
    override val home: Home get() = living ?: makeHome().also { living = it }

    /** The system ends the process, of which the phone remembers what is on its disk and in its key store. */
    fun die() {
        when (val state = living?.state?.value) {
            is HomeState.Empty -> state.opened.wallet.close()
            is HomeState.Enrolled -> state.opened.wallet.close()
            else -> Unit
        }
        living = null
    }

    override fun onCreate() {
        FakeKeyStore.install()
        // A phone gives it to whoever names it in the manifest.
        shadowOf(this).grantPermissions(Manifest.permission.HIDE_OVERLAY_WINDOWS)
        super.onCreate()
    }
}
