import com.google.gson.JsonObject
import com.google.gson.JsonParser
import java.net.HttpURLConnection
import java.net.URI
import java.util.Base64
import java.util.concurrent.TimeUnit

/** The real service, run by its example program, as a registrar and a venue see it. */
class City : AutoCloseable {
    private val process = ProcessBuilder(System.getProperty("szid.city"))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
    private val told = JsonParser.parseString(process.inputReader().readLine()).asJsonObject
    val base: String = told["base_url"].asString
    val rootKey: ByteArray = Base64.getDecoder().decode(told["root_spki"].asString)

    /** What the counter hands out for a fictional person. */
    fun offer(number: String = "440399198803150018", name: String = "林示例"): JsonObject {
        val answer = post(
            "/v1/registrar/enrolments", told["registrar"].asString,
            """{"document":{"type":"111","number":"$number"},"name":"$name","identity_level":4,"method":"counter"}""",
        )
        val request = answer["request"]?.asString ?: return answer
        return post("/v1/registrar/requests/$request/confirm", told["second_registrar"].asString, "{}")
    }

    /** A registrar's change of an account, `freeze` for instance. */
    fun change(person: String, change: String): JsonObject = post(
        "/v1/registrar/persons/$person/$change", told["registrar"].asString, """{"reason":"lost_phone"}""",
    )

    /** A scan in the library. */
    fun scan(digits: String, operator: String = "desk-1"): JsonObject =
        post("/v1/scans", told["venue"].asString, """{"code":"$digits","scene":2,"operator":"$operator"}""")

    /** A scan in a scene of the hall; waits for the holder where the scene asks them. */
    fun scanInHall(digits: String, scene: Int): JsonObject =
        post("/v1/scans", told["hall"].asString, """{"code":"$digits","scene":$scene,"operator":"desk-1"}""")

    private fun post(path: String, secret: String, body: String): JsonObject {
        val connection = URI(base + path).toURL().openConnection() as HttpURLConnection
        connection.doOutput = true
        connection.setRequestProperty("Authorization", "Bearer $secret")
        connection.setRequestProperty("Content-Type", "application/json")
        connection.outputStream.use { it.write(body.toByteArray()) }
        val failed = connection.responseCode >= 400
        val text = (if (failed) connection.errorStream else connection.inputStream).use { it.readBytes().decodeToString() }
        check(!failed) { "$path: $text" }
        return JsonParser.parseString(text).asJsonObject
    }

    override fun close() {
        // It runs until its input closes.
        process.outputStream.close()
        if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
    }
}
