package ishenzhen.app

import java.io.File
import java.nio.file.Files
import java.util.Base64
import java.util.concurrent.TimeUnit
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** The process ended by the system at each step of the way, and started anew on what it left. */
class KilledTest {
    @Test fun `an enrolment that is killed at any step goes on with the same offer`() {
        val whole = steps(run(folder(), offer(199), 0))
        assertTrue("$whole", whole.size > 15)
        val first = mutableSetOf<String>()
        // Of many keys in a row, the first and the last.
        val chosen = whole.indices.filter { at -> whole[at] != KEY || first.add(KEY) || whole.getOrNull(at + 1) != KEY }
        val faults = chosen.mapNotNull { at ->
            val (folder, offer) = folder() to offer(at + 1)
            val cut = run(folder, offer, at + 1)
            val again = run(folder, offer, 0)
            when {
                steps(cut).size != at + 1 -> "not killed at ${whole[at]}: $cut"
                code(again) == null -> "after \"${whole[at]}\": $again"
                TrialCity.scan(code(again)!!).getString("decision") != "accept" -> "after \"${whole[at]}\": its code is refused"
                else -> null
            }
        }
        assertEquals(emptyList<String>(), faults)
    }

    @Test fun `a phone that is killed while it sets a PIN or unlocks takes the right PIN afterwards`() {
        val (folder, offer) = folder() to offer(100)
        val whole = steps(run(folder, offer, 0))
        val (setting, unlocking) = folder() to folder()
        run(setting, offer(101), 0)
        run(unlocking, offer(102), 0)
        assertTrue("$whole", whole.isNotEmpty())
        // Killed before it is set, right after, before unlocking, after it; and, by the test, at times in
        // between.
        run(setting, offer, 1, PIN)
        for (at in listOf(2, 1, 2)) {
            run(setting, offer, at, PIN)
            assertTrue("after step $at", run(setting, offer, 0, PIN).contains("unlock: null"))
        }
        for (millis in listOf(20L, 60, 120, 200, 300)) {
            val process = start(unlocking, offer, 0, PIN)
            val told = process.inputStream.bufferedReader()
            do { val line = told.readLine() } while (!line.endsWith(" unlock"))
            Thread.sleep(millis)
            process.destroyForcibly().waitFor()
            val again = run(unlocking, offer, 0, PIN)
            assertTrue("after $millis ms: $again", again.contains("unlock: null"))
        }
    }

    private fun folder(): File = Files.createTempDirectory("phone").toFile().apply { deleteOnExit() }

    private fun offer(person: Int) = TrialCity.offer(citizen(19_880_101, person), "林中断")

    private fun run(folder: File, offer: Offer, killedAt: Int, vararg more: String): List<String> {
        val process = start(folder, offer, killedAt, *more)
        val lines = process.inputStream.bufferedReader().readLines()
        assertTrue("it ends", process.waitFor(60, TimeUnit.SECONDS))
        if (killedAt > 0) assertEquals("killed: $lines", 128 + 9, process.exitValue())
        return lines
    }

    private fun start(folder: File, offer: Offer, killedAt: Int, vararg more: String): Process {
        val root = Base64.getEncoder().encodeToString(TrialCity.city().rootKeys.single())
        return ProcessBuilder(
            "${System.getProperty("java.home")}/bin/java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
            "-Djna.library.path=${System.getProperty("jna.library.path")}", "-cp", System.getProperty("java.class.path"),
            "ishenzhen.app.KilledPhoneKt", folder.path, root, offer.link, offer.txCode, "$killedAt", *more,
        ).redirectErrorStream(true).start()
    }

    private fun steps(lines: List<String>) = lines.mapNotNull { Regex("\\d+ (.*)").matchEntire(it)?.groupValues?.get(1) }

    private fun code(lines: List<String>) = lines.find { it.startsWith("code ") }?.removePrefix("code ")

    private companion object {
        const val KEY = "made a key"
        const val PIN = "702958"
    }
}
