import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.createTempDirectory
import kotlin.io.path.writeBytes
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** The example of a venue in Java, run as its page says, with the service there and away. */
class JavaVenueTest {
    private val city = City()
    private val folder = createTempDirectory()
    private val root = folder.resolve("root.spki").also { it.writeBytes(city.rootKey) }

    @AfterTest fun close() = city.close()

    @Test fun `a door opens with the service there and away, to each code once`() {
        Phone(city).enrolled().use { wallet ->
            fun code() = wallet.code(wallet.appOpened()).digits
            val first = code()
            Door(root, city.base, folder.resolve("door")).use { door ->
                assertEquals("open OK", door.scan(first))
                assertEquals("closed NOT_A_CITIZEN_CODE", door.scan("https://example.org/menu"))
            }
            city.close()
            Thread.sleep(1_100)
            // The lists and the used codes outlive the program.
            Door(root, city.base, folder.resolve("door")).use { door ->
                assertEquals("closed REPLAY", door.scan(first))
                assertEquals("open OK", door.scan("]Q1" + code()))
            }
        }
    }

    private class Door(root: Path, base: String, folder: Path) : AutoCloseable {
        private val process = ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djna.library.path=" + System.getProperty("jna.library.path"),
            "-cp", System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"),
            "examples/venue-java/VenueDoor.java", root.toString(), base, folder.toString(), "3",
        ).redirectError(ProcessBuilder.Redirect.INHERIT).start()

        init {
            assertEquals("ready", process.inputReader().readLine())
        }

        /** Door and reason; the texts that follow are there too. */
        fun scan(scanned: String): String {
            process.outputWriter().run { write("$scanned\n"); flush() }
            val words = process.inputReader().readLine().split(" ")
            assertTrue(words.size > 3)
            return words.take(2).joinToString(" ")
        }

        override fun close() {
            process.outputStream.close()
            assertTrue(process.waitFor(20, TimeUnit.SECONDS))
            assertEquals(0, process.exitValue())
        }
    }
}
