import java.util.Base64
import kotlin.io.path.createTempDirectory
import kotlin.test.Test
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import szid.DeviceKeys
import szid.HolderPrompt
import szid.OpenException
import szid.SealingKey
import szid.UnlockException
import szid.Wallet
import szid.WipeException
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

    @Test fun `a wipe whose key is not destroyed does not succeed, however the port fails`() {
        // An Error is what TODO() throws: nothing comes over the border then.
        val failures = listOf<() -> Boolean>({ TODO() }, { error("no key store") }, { throw OutOfMemoryError() }, { false })
        for (failure in failures) {
            val sealing = object : SoftwareMockSealingKey() {
                var fails = true
                override fun destroyKey() = if (fails) failure() else super.destroyKey()
            }
            open(sealing).use { wallet ->
                assertFailsWith<WipeException.SealingKey> { wallet.wipe() }
            }
            assertFailsWith<WipeException.SealingKey> { wipeClosedWallet(config(folder, root).folder, sealing) }
            sealing.fails = false
            wipeClosedWallet(config(folder, root).folder, sealing)
            assertTrue(sealing.gone)
        }
    }

    @Test fun `a sealing key that throws or answers junk opens nothing`() {
        val unwilling = object : SoftwareMockSealingKey() {
            override fun wrap(plain: ByteArray): ByteArray = TODO()
        }
        assertFailsWith<OpenException.KeyUnavailable> { open(unwilling) }
        val empty = object : SoftwareMockSealingKey() {
            override fun wrap(plain: ByteArray) = ByteArray(0)
        }
        assertFailsWith<OpenException> { open(empty) }
    }

    @Test fun `a prompt that throws or says no unlocks nothing`() {
        val failures = listOf<() -> Boolean>({ TODO() }, { error("no screen") }, { false })
        for (failure in failures) {
            val prompt = object : HolderPrompt {
                override fun confirmScreenLock() = failure()
            }
            val keys = SoftwareMockDeviceKeys()
            Wallet.open(config(createTempDirectory(), root), keys, SoftwareMockSealingKey(), prompt = prompt).use {
                assertFailsWith<UnlockException> { it.unlockWithScreenLock() }
            }
        }
    }

    @Test fun `a root that is none, and a folder that cannot be, are refused`() {
        val bad = config(folder, byteArrayOf(1))
        assertFailsWith<OpenException.Configuration> { Wallet.open(bad, SoftwareMockDeviceKeys(), SoftwareMockSealingKey()) }
        val nowhere = config(folder, root).copy(folder = "/dev/null/wallet")
        assertFailsWith<OpenException.Disk> { Wallet.open(nowhere, SoftwareMockDeviceKeys(), SoftwareMockSealingKey()) }
    }
}
