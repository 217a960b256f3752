import java.lang.management.ManagementFactory
import szid.uniffiEnsureInitialized

/** Loads JNA, then the library with its code, and prints nanoseconds: of the processor for each, then of the clock. */
object Loading {
    @JvmStatic fun main(arguments: Array<String>) {
        val thread = ManagementFactory.getThreadMXBean()
        val read = { thread.currentThreadCpuTime to System.nanoTime() }
        val begun = read()
        check(com.sun.jna.Native.POINTER_SIZE > 0)
        val jna = read()
        uniffiEnsureInitialized()
        val ours = read()
        println("${jna.first - begun.first} ${ours.first - jna.first} ${jna.second - begun.second} ${ours.second - jna.second}")
    }
}
