package ishenzhen.app

import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** What the shell may import. No rule of the product lives here, so that little is needed. */
class ImportsTest {
    private val sources = File(System.getProperty("szid.sources")!!)

    @Test fun `the adapters know the phone and the core, and nothing of the app`() = check(
        "sdk/src/main/kotlin",
        listOf("android.", "androidx.activity.", "androidx.annotation.", "com.google.zxing.", "java.", "javax.crypto.", "kotlin.", "kotlinx.coroutines.", "szid."),
    )

    @Test fun `the state holders are plain Kotlin over the core`() =
        check("app/src/main/kotlin/ishenzhen/app/model", listOf("kotlinx.coroutines.", "szid."))

    @Test fun `the screens draw what the state holders say`() = check(
        "app/src/main/kotlin/ishenzhen/app/screen",
        listOf("android.Manifest", "android.content.", "android.graphics.Bitmap", "android.os.Build", "android.speech.tts.", "android.text.format.", "android.view.", "androidx.activity.compose.",
            "androidx.activity.result.contract.", "androidx.annotation.", "androidx.compose.", "androidx.lifecycle.", "ishenzhen.app.", "ishenzhen.sdk.", "java.time.",
            "java.io.IOException", "java.util.Locale", "kotlinx.coroutines.", "szid."),
    )

    @Test fun `what is drawn calls nothing of the core but what records and questions say`() {
        val called = kotlinFiles("app/src/main/kotlin/ishenzhen/app/screen").flatMap { imports(it) }.filter { it.startsWith("szid.") }
        assertEquals(
            setOf("AccountEvent", "AccountStanding", "AccountState", "Advice", "ConsentDetails", "Device", "DeviceDetails", "EnrolProgress",
                "EnrolmentQuestion", "EnrolmentQuestionDetails", "FrozenBy", "IdentityUse", "LastKnown", "OtherDevices", "QrBits", "SignedReceipt", "VenueRequestDetails", "Visit", "pixels", "pixelsPerModule"),
            called.map { it.removePrefix("szid.") }.toSet(),
        )
    }

    @Test fun `nothing of the shell writes a log`() {
        val all = kotlinFiles("sdk/src/main/kotlin") + kotlinFiles("app/src/main/kotlin")
        assertEquals(emptyList<String>(), all.filter { Regex("\\bLog\\.|println|printStackTrace").containsMatchIn(it.readText()) }.map { it.name })
    }

    private fun check(folder: String, allowed: List<String>) {
        val files = kotlinFiles(folder)
        assertTrue("$folder is empty", files.isNotEmpty())
        val others = files.flatMap { file -> imports(file).filter { one -> allowed.none(one::startsWith) }.map { "${file.name}: $it" } }
        assertEquals(emptyList<String>(), others)
        // Whole names in the code are imports, too.
        val whole = files.flatMap { file ->
            val code = file.readLines().filterNot { it.startsWith("import ") || it.startsWith("package ") || it.trimStart().startsWith("*") || it.trimStart().startsWith("/*") }
            Regex("\\b(java|javax|android|androidx|kotlinx)\\.[a-z]\\w*\\.").findAll(code.joinToString("\n")).map { it.value }
                .filter { one -> allowed.none { it.startsWith(one) || one.startsWith(it) } }.map { "${file.name}: $it" }.toList()
        }
        assertEquals(emptyList<String>(), whole)
    }

    private fun kotlinFiles(folder: String) = File(sources, folder).walk().filter { it.extension == "kt" }.toList()

    private fun imports(file: File) =
        file.readLines().filter { it.startsWith("import ") }.map { it.removePrefix("import ").substringBefore(" as ") }
}
