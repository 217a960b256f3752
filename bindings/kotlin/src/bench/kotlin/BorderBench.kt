import java.io.File
import java.lang.management.ManagementFactory
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.createTempDirectory
import kotlin.io.path.writeBytes
import kotlin.test.Test
import org.junit.jupiter.api.Timeout
import szid.UrlConnectionHttp
import szid.Wallet

/** What the border costs on a JVM, beside the same library called from Rust. It measures, and judges nothing. */
class BorderBench {
    @Timeout(20, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @Test fun measure() {
        loading()
        City().use { city ->
            val keys = BenchKeys()
            Phone(city, keys).enrolled(UrlConnectionHttp()).use { wallet ->
                keys.answersAtOnce = true
                nothing(wallet)
                CodesInRust(city).use { codes(wallet, it) }
            }
        }
    }

    /** Codes by turns: a batch here, one by the wallet's own call in Rust, one by the shells' call in Rust. */
    private fun codes(wallet: Wallet, rust: CodesInRust) {
        val draw = { wallet.code(wallet.appOpened()).digits.length }
        val digits = draw()
        println("drawing $WARM_UP codes first, then measuring")
        repeat(WARM_UP) { draw() }
        val rounds = List(ROUNDS) { Triple(batch(BATCH, draw), rust.batch("border", BATCH), rust.batch("core", BATCH)) }
        println("a code of $digits digits, $ROUNDS rounds of $BATCH, the key store left out, µs: median (quartiles)")
        println("  from the JVM                  ${told(rounds.map { it.first / 1000.0 })}")
        println("  the same call from Rust       ${told(rounds.map { it.second / 1000.0 })}")
        println("  the wallet's own call in Rust ${told(rounds.map { it.third / 1000.0 })}")
        println("  JVM, by the same call         ${told(rounds.map { it.first / it.second.toDouble() })}")
        println("  JVM, by the wallet's own      ${told(rounds.map { it.first / it.third.toDouble() })}")
    }

    /** A call that only reads a number of an object. */
    private fun nothing(wallet: Wallet) {
        val unlocking = wallet.appOpened()
        val call = { unlocking.tier().toInt() }
        repeat(10) { batch(CALLS, call) }
        val rounds = List(ROUNDS) { batch(CALLS, call) / 1000.0 }
        println("a call that does nothing, $ROUNDS rounds of $CALLS, µs: ${told(rounds)}")
    }

    /** In new virtual machines: what loading takes, JNA's own part by itself. */
    private fun loading() {
        println("loading, $STARTS times")
        val java = File(System.getProperty("java.home"), "bin/java").path
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val library = "-Djna.library.path=${System.getProperty("jna.library.path")}"
        val rounds = List(STARTS + 1) {
            val started = ProcessBuilder(java, library, "-cp", classes, "Loading")
                .redirectError(ProcessBuilder.Redirect.INHERIT).start()
            val numbers = started.inputReader().readText().trim().split(' ').map { it.toLong() / 1e6 }
            check(started.waitFor() == 0)
            numbers
        }.drop(1)
        println("loading, $STARTS new virtual machines, ms of the thread's processor time, then of the clock: median (quartiles)")
        val steps = Loading.STEPS.size
        for ((at, what) in Loading.STEPS.withIndex()) {
            println("  $what: ${told(rounds.map { it[at] })}, ${told(rounds.map { it[at + steps] })}")
        }
        val ours = rounds.map { it.subList(1, steps).sum() }
        println("  all but JNA itself: ${told(ours)}, ${told(rounds.map { it.drop(steps + 1).sum() })}")
    }

    private companion object {
        const val WARM_UP = 1_500
        const val ROUNDS = 51
        const val BATCH = 20
        const val CALLS = 5_000
        const val STARTS = 11
    }
}

/** A key store that stops signing once a wallet is enrolled, so that its time is left out. */
private class BenchKeys : SoftwareMockDeviceKeys() {
    @Volatile var answersAtOnce = false
    private val answer = ByteArray(64) { 1 }

    override fun sign(handle: String, message: ByteArray): ByteArray =
        if (answersAtOnce) answer else super.sign(handle, message)
}

/** The program that draws the same codes in Rust, with an offer of its own. */
private class CodesInRust(city: City) : AutoCloseable {
    private val folder: Path = createTempDirectory()
    private val process: Process

    init {
        val root = folder.resolve("root").apply { writeBytes(city.rootKey) }
        val offer = city.offer()
        process = ProcessBuilder(
            checkNotNull(System.getenv("SZID_CODES_IN_RUST")), "$folder", "$root",
            offer["credential_offer"].asString, offer["tx_code"].asString,
        ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    }

    private val lines = process.outputWriter()
    private val answers = process.inputReader()

    /** Nanoseconds for one code. */
    fun batch(way: String, number: Int): Long {
        lines.write("$way $number\n")
        lines.flush()
        return answers.readLine().toLong()
    }

    override fun close() {
        lines.close()
        if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
        folder.toFile().deleteRecursively()
    }
}

private val THREADS = ManagementFactory.getThreadMXBean()

/** Keeps what the calls answer from being optimised away. */
@Volatile private var sink = 0

/** Nanoseconds of a processor for one of so many calls: what other programs take of it meanwhile does not count. */
private fun batch(number: Int, call: () -> Int): Long {
    val begun = THREADS.currentThreadCpuTime
    var sum = 0
    repeat(number) { sum += call() }
    val took = THREADS.currentThreadCpuTime - begun
    sink = sum
    return took / number
}

private fun told(numbers: List<Double>): String {
    val sorted = numbers.sorted()
    fun at(part: Int) = "%.3f".format(sorted[sorted.lastIndex * part / 4])
    return "${at(2)} (${at(1)}–${at(3)})"
}
