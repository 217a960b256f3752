package szid

import java.io.IOException
import java.nio.file.Path

/** Where a venue gets the city's documents: the service itself, or a server of the venue's own that holds copies. */
fun interface VenueDocuments {
    /**
     * The document at this path of the service, such as `/v1/trust`, as it is served; null where there is none (404). Bound
     * the wait: ten seconds are enough.
     *
     * @throws IOException where there is no answer, or one that is neither the document nor 404
     */
    @Throws(IOException::class)
    fun fetch(path: String): ByteArray?
}

/**
 * A venue's [Verifier] for callers in Kotlin and in Java. To Java the generated calls cannot be named where they take
 * unsigned numbers, and the generated ports may not throw.
 *
 * One per process and folder, shared by its threads. Nothing here needs network but what [synchronise] asks for.
 *
 * @param rootKeys the city's root keys, each as DER SubjectPublicKeyInfo, handed over in person
 * @param folder a folder of its own, where signed lists and used codes outlive a restart
 * @throws VerifierException with `advice`, whose texts say what to do
 */
class VenueVerifier
@Throws(VerifierException::class)
@JvmOverloads
constructor(rootKeys: List<ByteArray>, folder: Path, scannerPrefix: String = "", scannerSuffix: String = "") :
    AutoCloseable {
    private val verifier = Verifier.open(VerifierConfig(rootKeys, folder.toString(), scannerPrefix, scannerSuffix))

    /** Fetches the city's documents, at the start and once a minute; answers with what could not be had. */
    fun synchronise(documents: VenueDocuments): List<DocumentFault> = verifier.synchronise(Source(documents)).faults

    /**
     * Verifies one scan, as the scanner sent it. Never throws: whatever is wrong is a refusal with its reason.
     *
     * @param scene what the venue scans for, 1 to 65535
     * @param desk a code that the same desk scans again at once is answered again; at another desk it was used
     */
    @JvmOverloads
    fun verify(scanned: String, scene: Int, desk: String = ""): ScanVerdict {
        require(scene in 1..UShort.MAX_VALUE.toInt()) { "a scene is 1 to 65535" }
        return verifier.verify(scanned, scene.toUShort(), desk)
    }

    /** What is held, and how old it is. */
    @Throws(VerifierException::class)
    fun lists(): ListsHeld = verifier.lists()

    /** The effective level of a verdict, 1 to 5; null where the code was not verified that far. */
    fun levelOf(verdict: ScanVerdict): Int? = verdict.level?.toInt()

    override fun close() = verifier.close()

    private class Source(private val documents: VenueDocuments) : DocumentSource {
        override fun fetch(path: String): ByteArray? = try {
            documents.fetch(path)
        } catch (failed: IOException) {
            throw SourceException.Unreachable()
        }
    }
}
