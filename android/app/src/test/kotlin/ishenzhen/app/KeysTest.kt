package ishenzhen.app

import android.content.Context
import android.content.pm.PackageManager
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import androidx.test.core.app.ApplicationProvider
import ishenzhen.sdk.AndroidDeviceKeys
import ishenzhen.sdk.AndroidKeyAttester
import ishenzhen.sdk.AndroidSealingKey
import ishenzhen.sdk.AttestationBackend
import ishenzhen.sdk.AttestedKey
import java.security.KeyFactory
import java.security.Signature
import java.security.UnrecoverableKeyException
import java.security.spec.X509EncodedKeySpec
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import szid.KeyPolicy
import szid.KeyPortException
import szid.KeyToAttest
import szid.SealingPortException

/** What the adapters ask of Android's key store, parameter by parameter. The key store's own doing is a phone's. */
@RunWith(RobolectricTestRunner::class)
@Config(application = android.app.Application::class, sdk = [35])
class KeysTest {
    private val context: Context = ApplicationProvider.getApplicationContext()

    @Before fun install() = FakeKeyStore.install()

    private fun keys(strongBox: Boolean = false): AndroidDeviceKeys {
        shadowOf(context.packageManager).setSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE, strongBox)
        return AndroidDeviceKeys(context)
    }

    private fun spec(alias: String) = FakeKeyStore.entries.getValue(alias).spec

    @Test fun `a key is the same when it is made again, signs, and goes`() {
        val keys = keys()
        val public = keys.create("pass-1", KeyPolicy.DEVICE_UNLOCKED)
        assertArrayEquals(public, keys.create("pass-1", KeyPolicy.DEVICE_UNLOCKED))
        assertArrayEquals(public, keys.publicKey("pass-1"))
        val message = "message".toByteArray()
        val signature = keys.sign("pass-1", message)
        val verifier = Signature.getInstance("SHA256withECDSA")
        verifier.initVerify(KeyFactory.getInstance("EC").generatePublic(X509EncodedKeySpec(public)))
        verifier.update(message)
        assertTrue(verifier.verify(signature))
        assertTrue(keys.delete("pass-1") && keys.delete("pass-1"))
        assertThrows(KeyPortException.Lost::class.java) { keys.sign("pass-1", message) }
        assertThrows(KeyPortException.Lost::class.java) { keys.publicKey("pass-1") }
    }

    @Test fun `a key store that fails has lost nothing, and no key is made in place of one that is there`() {
        val keys = keys()
        val public = keys.create("pass-1", KeyPolicy.DEVICE_UNLOCKED)
        val wrapped = AndroidSealingKey("seal").wrap(byteArrayOf(1, 2, 3))
        // So Android's key store says of all that fails, since Android 12.
        FakeKeyStore.hides = true
        FakeKeyStore.fault = UnrecoverableKeyException("Failed to obtain information about key")
        assertThrows(KeyPortException.Unavailable::class.java) { keys.create("pass-1", KeyPolicy.DEVICE_UNLOCKED) }
        assertThrows(KeyPortException.Unavailable::class.java) { keys.publicKey("pass-1") }
        assertThrows(KeyPortException.Unavailable::class.java) { keys.sign("pass-1", byteArrayOf(1)) }
        assertThrows(SealingPortException.Unavailable::class.java) { AndroidSealingKey("seal").unwrap(wrapped) }
        FakeKeyStore.fault = null
        // It comes back in parts.
        assertThrows(KeyPortException.Unavailable::class.java) { keys.publicKey("pass-1") }
        FakeKeyStore.hides = false
        assertArrayEquals(public, keys.create("pass-1", KeyPolicy.DEVICE_UNLOCKED))
        assertArrayEquals(byteArrayOf(1, 2, 3), AndroidSealingKey("seal").unwrap(wrapped))

        val invalidated = UnrecoverableKeyException("invalidated").apply { initCause(KeyPermanentlyInvalidatedException()) }
        FakeKeyStore.fault = invalidated
        assertThrows(KeyPortException.Lost::class.java) { keys.sign("pass-1", byteArrayOf(1)) }
    }

    @Test fun `a key of a pass signs while the phone is unlocked, without asking`() {
        keys().create("pass-1", KeyPolicy.DEVICE_UNLOCKED)
        val spec = spec("szid.device.pass-1")
        assertEquals(KeyProperties.PURPOSE_SIGN, spec.purposes)
        assertArrayEquals(arrayOf(KeyProperties.DIGEST_SHA256), spec.digests)
        assertTrue(spec.isUnlockedDeviceRequired)
        assertFalse(spec.isUserAuthenticationRequired)
        assertFalse(spec.isStrongBoxBacked)
        assertEquals(32, spec.attestationChallenge.size)
    }

    @Test fun `a key that asks for the holder takes finger or face each time, and no other finger later`() {
        keys().create("finger", KeyPolicy.HOLDER_PRESENT)
        val spec = spec("szid.device.finger")
        assertTrue(spec.isUserAuthenticationRequired)
        assertEquals(KeyProperties.AUTH_BIOMETRIC_STRONG, spec.userAuthenticationType)
        assertEquals(0, spec.userAuthenticationValidityDurationSeconds)
        assertTrue(spec.isInvalidatedByBiometricEnrollment)
    }

    @Test fun `the secure element is taken where there is one, and the phone's own place where it fails`() {
        keys(strongBox = true).create("pass-1", KeyPolicy.DEVICE_UNLOCKED)
        assertTrue(spec("szid.device.pass-1").isStrongBoxBacked)

        FakeKeyStore.strongBoxWorks = false
        keys(strongBox = true).create("pass-2", KeyPolicy.DEVICE_UNLOCKED)
        assertFalse(spec("szid.device.pass-2").isStrongBoxBacked)
        assertNotNull(spec("szid.device.pass-2").attestationChallenge)

        FakeKeyStore.attests = false
        keys(strongBox = true).create("pass-3", KeyPolicy.DEVICE_UNLOCKED)
        assertNull(spec("szid.device.pass-3").attestationChallenge)
    }

    @Test fun `the sealing key wraps, refuses what it did not wrap, and is gone for good`() {
        val sealing = AndroidSealingKey("seal")
        val wrapped = sealing.wrap(byteArrayOf(1, 2, 3))
        assertArrayEquals(byteArrayOf(1, 2, 3), sealing.unwrap(wrapped))
        val spec = spec("seal")
        assertEquals(256 to true, spec.keySize to spec.isUnlockedDeviceRequired)
        assertArrayEquals(arrayOf(KeyProperties.BLOCK_MODE_GCM), spec.blockModes)
        assertFalse(spec.isUserAuthenticationRequired)

        wrapped[20] = (wrapped[20] + 1).toByte()
        assertThrows(SealingPortException.Rejected::class.java) { sealing.unwrap(wrapped) }
        assertThrows(SealingPortException.Rejected::class.java) { sealing.unwrap(byteArrayOf(1)) }
        assertTrue(sealing.destroyKey() && sealing.destroyKey())
        assertThrows(SealingPortException.Lost::class.java) { sealing.unwrap(wrapped) }
    }

    @Test fun `chains are handed on as the phone gave them`() {
        val keys = keys()
        val public = keys.create("pass-1", KeyPolicy.DEVICE_UNLOCKED)
        var seen: Pair<List<AttestedKey>, String>? = null
        val attester = AndroidKeyAttester(keys, object : AttestationBackend {
            override fun vouch(keys: List<AttestedKey>, nonce: String): String? {
                seen = keys to nonce
                return "statement"
            }
        })
        assertEquals("statement", attester.attest(listOf(KeyToAttest("pass-1", public)), "nonce"))
        val (handed, nonce) = checkNotNull(seen)
        assertEquals("nonce", nonce)
        assertArrayEquals(public, handed.single().publicKey)
        assertArrayEquals(public, handed.single().chain.single())
        assertThrows(KeyPortException.Lost::class.java) { attester.attest(listOf(KeyToAttest("pass-2", public)), "nonce") }
    }
}
