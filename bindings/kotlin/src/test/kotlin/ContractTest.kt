import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.Test
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import szid.ContractException
import szid.HolderPrompt
import szid.KeyPolicy
import szid.checkDeviceKeys
import szid.checkDeviceKeysOverARestart
import szid.checkHolderPrompt
import szid.checkSealingKey

/** The contracts of the ports, on the mocks of these tests and on mocks that are broken. */
class ContractTest {
    private fun assertBroken(clause: String, check: () -> Unit) {
        val broken = assertFailsWith<ContractException.Broken> { check() }
        assertTrue(broken.clause.startsWith(clause), broken.clause)
    }

    @Test fun `the mocks keep the contracts`() {
        checkDeviceKeys(SoftwareMockDeviceKeys())
        SoftwareMockDeviceKeys().let { checkDeviceKeysOverARestart(it, it) }
        checkSealingKey(SoftwareMockSealingKey())
        checkHolderPrompt(Holder(true, false))
    }

    @Test fun `a broken port is found, and the clause is named`() {
        assertBroken("a deleted key signs no more") {
            checkDeviceKeys(object : SoftwareMockDeviceKeys() {
                override fun delete(handle: String) = true
            })
        }
        assertBroken("creating again gives the same key") {
            checkDeviceKeys(object : SoftwareMockDeviceKeys() {
                override fun create(handle: String, policy: KeyPolicy): ByteArray {
                    keys.remove(handle)
                    return super.create(handle, policy)
                }
            })
        }
        assertBroken("signatures are ES256") {
            checkDeviceKeys(object : SoftwareMockDeviceKeys() {
                override fun sign(handle: String, message: ByteArray) = super.sign(handle, message + 1)
            })
        }
        assertBroken("keys are there after a restart") {
            checkDeviceKeysOverARestart(SoftwareMockDeviceKeys(), SoftwareMockDeviceKeys())
        }
        assertBroken("altered bytes do not open") {
            checkSealingKey(object : SoftwareMockSealingKey() {
                override fun wrap(plain: ByteArray) = plain + 1
                override fun unwrap(wrapped: ByteArray) = wrapped.copyOf(wrapped.size - 1)
            })
        }
        assertBroken("a destroyed key opens nothing") {
            checkSealingKey(object : SoftwareMockSealingKey() {
                override fun destroyKey() = true
            })
        }
        assertBroken("it is asked for again") { checkHolderPrompt(Holder(true, true)) }
    }

    /** Answers in this order. */
    private class Holder(private vararg val answers: Boolean) : HolderPrompt {
        private val asked = AtomicInteger()
        override fun confirmScreenLock() = answers[asked.getAndIncrement()]
    }
}
