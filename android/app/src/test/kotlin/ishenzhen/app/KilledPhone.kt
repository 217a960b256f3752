package ishenzhen.app

import ishenzhen.app.model.EnrolState
import ishenzhen.app.model.Home
import ishenzhen.app.model.HomeState
import java.io.File
import java.nio.file.Files
import java.nio.file.StandardCopyOption
import java.security.KeyFactory
import java.security.KeyPairGenerator
import java.security.SecureRandom
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.security.spec.PKCS8EncodedKeySpec
import java.util.Base64
import java.util.concurrent.atomic.AtomicInteger
import javax.crypto.Cipher
import javax.crypto.spec.GCMParameterSpec
import javax.crypto.spec.SecretKeySpec
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import szid.DeviceKeys
import szid.Http
import szid.HttpAnswer
import szid.HttpRequest
import szid.KeyPolicy
import szid.KeyPortException
import szid.SealingKey
import szid.SealingPortException
import szid.UrlConnectionHttp
import szid.Wallet
import szid.WalletConfig
import szid.wipeClosedWallet
import ishenzhen.app.model.Door

/**
 * The app's way without its screens, as a process of its own that the system ends at a step: `SIGKILL`, which no program hears.
 * Arguments: folder, root key in base64, offer, transaction code, the step to be killed at (0 for none), and the PIN to unlock
 * with, if any. Prints the steps, then the outcome.
 */
fun main(args: Array<String>) {
    val (folder, root, link, txCode, step) = args
    val phone = KilledPhone(File(folder), step.toInt())
    val home = Home(phone.door(Base64.getDecoder().decode(root)), FakeFinger(), CoroutineScope(Dispatchers.IO))
    runBlocking { phone.go(home, link, txCode, args.getOrNull(5)) }
    // The wallet's threads would keep the process.
    Runtime.getRuntime().halt(0)
}

class KilledPhone(private val folder: File, private val killedAt: Int) {
    private val steps = AtomicInteger()

    fun door(root: ByteArray) = object : Door {
        private val vault = File(folder, "wallet").path
        private val sealing = DiskSealing(File(folder, "sealing"))

        override fun open(): Wallet = Wallet.open(WalletConfig(vault, listOf(root), demoMode = true), DiskKeys(File(folder, "keys")), sealing, http = Steps())

        override fun wipeClosed() = wipeClosedWallet(vault, sealing)
    }

    suspend fun go(home: Home, link: String, txCode: String, pin: String?) {
        home.start().join()
        (home.state.value as? HomeState.Empty)?.opened?.enrol?.let { enrol ->
            enrol.take(link)
            enrol.enrol(txCode).join()
            when (val now = enrol.state.value) {
                is EnrolState.Done -> home.look().join()
                is EnrolState.TxCode -> println("asked again: ${now.trouble?.code} ${now.trouble?.detail}")
                is EnrolState.Offer -> println("over: ${now.trouble?.code} ${now.trouble?.detail}")
                is EnrolState.Stopped -> println("stopped: ${now.advice.code} ${now.advice.detail}")
                is EnrolState.Working -> println("still working")
            }
        }
        val opened = (home.state.value as? HomeState.Enrolled)?.opened ?: return println("not enrolled: ${home.state.value}")
        // As the app does when it comes in sight: an enrolment that was cut short once it counted is filled
        // up.
        opened.comeInSight()
        if (pin != null) {
            if (!opened.wallet.pinStatus().isSet) {
                step("set PIN")
                opened.wallet.setPin(pin, opened.unlocks.now())
            }
            // Ended in the midst of it: the one that unlocks runs on until then.
            step("unlock")
            println("unlock: ${opened.unlocks.byPin(pin)?.code}")
            step("unlocked")
        }
        println("steps ${steps.get()}")
        println("code ${opened.wallet.code(opened.wallet.appOpened(), null).digits}")
    }

    /** The system may end the process here. */
    private fun step(what: String) {
        val at = steps.incrementAndGet()
        println("$at $what")
        if (at != killedAt) return
        System.out.flush()
        ProcessBuilder("kill", "-KILL", ProcessHandle.current().pid().toString()).start()
        Thread.sleep(Long.MAX_VALUE)
    }

    private inner class Steps : Http {
        private val real = UrlConnectionHttp()

        override fun send(request: HttpRequest): HttpAnswer {
            val what = request.url.substringAfter("//").substringAfter('/')
            step("asks $what")
            return real.send(request).also { step("heard $what") }
        }
    }

    private inner class DiskKeys(private val there: File) : DeviceKeys {
        init {
            there.mkdirs()
        }

        override fun create(handle: String, policy: KeyPolicy): ByteArray {
            if (!File(there, "$handle.public").exists()) {
                val pair = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()
                write(File(there, "$handle.private"), pair.private.encoded)
                write(File(there, "$handle.public"), pair.public.encoded)
            }
            step("made a key")
            return publicKey(handle)
        }

        override fun publicKey(handle: String) = File(there, "$handle.public").takeIf(File::exists)?.readBytes() ?: throw KeyPortException.Lost()

        override fun sign(handle: String, message: ByteArray): ByteArray {
            val key = File(there, "$handle.private").takeIf(File::exists)?.readBytes() ?: throw KeyPortException.Lost()
            return Signature.getInstance("SHA256withECDSA").run {
                initSign(KeyFactory.getInstance("EC").generatePrivate(PKCS8EncodedKeySpec(key)))
                update(message)
                sign()
            }
        }

        override fun delete(handle: String): Boolean {
            File(there, "$handle.public").delete()
            File(there, "$handle.private").delete()
            return true
        }
    }

    private inner class DiskSealing(private val file: File) : SealingKey {
        private fun key() = file.takeIf(File::exists)?.readBytes()?.let { SecretKeySpec(it, "AES") }

        override fun wrap(plain: ByteArray): ByteArray {
            if (key() == null) write(file, ByteArray(32).also { SecureRandom().nextBytes(it) })
            val cipher = Cipher.getInstance("AES/GCM/NoPadding").apply { init(Cipher.ENCRYPT_MODE, key()) }
            return (cipher.iv + cipher.doFinal(plain)).also { step("wrapped the vault's key") }
        }

        override fun unwrap(wrapped: ByteArray): ByteArray {
            val key = key() ?: throw SealingPortException.Lost()
            val cipher = Cipher.getInstance("AES/GCM/NoPadding").apply { init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(128, wrapped, 0, 12)) }
            return cipher.doFinal(wrapped, 12, wrapped.size - 12)
        }

        override fun destroyKey(): Boolean {
            file.delete()
            return true
        }
    }

    /** Wholly or not at all, as a key store does. */
    private fun write(file: File, bytes: ByteArray) {
        val new = File(file.path + ".new").apply { writeBytes(bytes) }
        Files.move(new.toPath(), file.toPath(), StandardCopyOption.ATOMIC_MOVE)
    }
}
