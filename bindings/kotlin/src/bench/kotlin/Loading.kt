import com.sun.jna.Native
import com.sun.jna.NativeLibrary
import java.lang.management.ManagementFactory
import szid.IntegrityCheckingUniffiLib
import szid.uniffiEnsureInitialized

/** Loads JNA, then the library and its code step by step, and prints nanoseconds of each: of the processor, then of the clock. */
object Loading {
    /** In this order; the code does the same by itself. */
    val STEPS = listOf("JNA itself", "opening the library", "comparing it with its code", "finding its functions, and the ports")

    @JvmStatic fun main(arguments: Array<String>) {
        val thread = ManagementFactory.getThreadMXBean()
        val read = { thread.currentThreadCpuTime to System.nanoTime() }
        val steps = listOf<() -> Unit>(
            { check(Native.POINTER_SIZE > 0) },
            { NativeLibrary.getInstance("szid_ffi") },
            { IntegrityCheckingUniffiLib.ensureInitialized() },
            { uniffiEnsureInitialized() },
        )
        val times = steps.runningFold(read()) { _, step -> step(); read() }.zipWithNext()
        println((times.map { (from, to) -> to.first - from.first } + times.map { (from, to) -> to.second - from.second }).joinToString(" "))
    }
}
