import java.util.Base64
import kotlin.io.path.createTempDirectory
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import szid.DeviceKeys
import szid.SealingKey
import szid.Wallet
import szid.WalletException
import szid.wipeClosedWallet

/** Ports that throw, answer with nothing or with junk: each call ends with a typed error, and nothing is claimed. */
class HostilePortsTest {
    private val root = Base64.getDecoder().decode(
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2s" +
            "xXs7LtkBoN79R9Q==",
    )
    private val folder = createTempDirectory()

    private fun open(sealing: SealingKey = SoftwareMockSealingKey(), keys: DeviceKeys = SoftwareMockDeviceKeys()) =
        Wallet.open(config(folder, root), keys, sealing)

    private fun refused(call: () -> Unit) = assertFailsWith<WalletException.Failed> { call() }

    @Test fun `a wipe whose key is not destroyed does not succeed, however the port fails`() {
        // An Error is what TODO() throws: nothing comes over the border then.
        val failures = listOf<() -> Boolean>({ TODO() }, { error("no key store") }, { throw OutOfMemoryError() }, { false })
        for (failure in failures) {
            val sealing = object : SoftwareMockSealingKey() {
                var fails = true
                override fun destroyKey() = if (fails) failure() else super.destroyKey()
            }
            open(sealing).use { wallet ->
                assertEquals("WALLET_VAULT", refused { wallet.wipe() }.code)
            }
            assertEquals("WALLET_VAULT", refused { wipeClosedWallet(config(folder, root).folder, sealing) }.code)
            sealing.fails = false
            wipeClosedWallet(config(folder, root).folder, sealing)
            assertTrue(sealing.gone)
        }
    }

    @Test fun `a sealing key that throws or answers junk opens nothing`() {
        val unwilling = object : SoftwareMockSealingKey() {
            override fun wrap(plain: ByteArray): ByteArray = TODO()
        }
        assertEquals("WALLET_VAULT", refused { open(unwilling) }.code)
        val empty = object : SoftwareMockSealingKey() {
            override fun wrap(plain: ByteArray) = ByteArray(0)
        }
        assertEquals("WALLET_VAULT", refused { open(empty) }.code)
    }

    @Test fun `a root that is none, and a folder that cannot be, are refused`() {
        val bad = config(folder, byteArrayOf(1))
        assertEquals("WALLET_UNTRUSTED", refused { Wallet.open(bad, SoftwareMockDeviceKeys(), SoftwareMockSealingKey()) }.code)
        val nowhere = config(folder, root).copy(folder = "/dev/null/wallet")
        assertEquals("WALLET_VAULT", refused { Wallet.open(nowhere, SoftwareMockDeviceKeys(), SoftwareMockSealingKey()) }.code)
    }
}
