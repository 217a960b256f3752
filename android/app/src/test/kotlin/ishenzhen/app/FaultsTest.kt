package ishenzhen.app

import android.content.ClipData
import android.content.ClipboardManager
import android.content.Intent
import android.net.Uri
import ishenzhen.app.model.EnrolState
import ishenzhen.app.model.HomeState
import java.security.ProviderException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What goes wrong around an app, and what it says then. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class FaultsTest {
    private val launch = Launch()
    @get:Rule val rule = launch.rule()
    private val screen by lazy { Screen(rule) }
    private val app get() = launch.app
    @get:Rule(order = 1) val own = OwnCities()

    @Test fun `an offer of another city is not taken up`() {
        launch.open()
        screen.takeUp(own.another().offer(citizen(BORN, 1), "林外地"))
        screen.see("WALLET_UNTRUSTED")
        screen.keep("fault-another-city")
        screen.touch(R.string.another_offer)
        screen.see(R.string.enrol_explained)
    }

    @Test fun `a service that takes nothing now is asked again, with the same offer`() {
        val city = own.another()
        app.around = city
        launch.open()
        val offer = city.offer(citizen(BORN, 2), "林稍后")
        // It does not trust its own clock then.
        city.setClock(8 * Phone.DAY)
        screen.takeUp(offer)
        screen.see("WALLET_REFUSED")
        screen.see(R.string.enrol_goes_on)
        screen.keep("fault-service-busy")
        city.setClock(0)
        screen.touch(R.string.go_on)
        screen.touch(R.string.later)
        screen.waitForCode()
    }

    @Test fun `an offer that was used needs another one`() {
        launch.open()
        val offer = TrialCity.offer(citizen(BORN, 3), "林用过")
        screen.takeUp(offer)
        screen.touch(R.string.later)
        screen.waitForCode()
        rule.runOnUiThread { app.home.wipe() }
        screen.see(R.string.enrol_title)
        screen.takeUp(offer)
        screen.see("WALLET_REFUSED")
        screen.see(R.string.offer)
    }

    @Test fun `after five wrong transaction codes the offer is over`() {
        launch.open()
        val offer = TrialCity.offer(citizen(BORN, 4), "林错五")
        screen.type(R.string.offer, offer.link)
        screen.touch(R.string.next)
        val enrol = (app.home.state.value as HomeState.Empty).opened.enrol
        repeat(5) { tries ->
            val before = enrol.state.value as EnrolState.TxCode
            screen.type(R.string.tx_code, "%06d".format(tries))
            screen.touch(R.string.enrol)
            rule.waitUntil("an answer to try $tries", 60_000) { enrol.state.value.let { it !is EnrolState.Working && it !== before } }
        }
        // The right one comes too late.
        screen.type(R.string.tx_code, offer.txCode)
        screen.touch(R.string.enrol)
        screen.see(R.string.enrol_explained)
        screen.see("WALLET_REFUSED")
        screen.keep("fault-offer-locked")
    }

    @Test fun `what is pasted may be anything`() {
        launch.open()
        screen.see(R.string.enrol_title)
        val clips = checkNotNull(app.getSystemService(ClipboardManager::class.java))
        for (text in listOf("码".repeat(1_000_000), "openid-credential-offer://?credential_offer=" + "a".repeat(1_000_000), "\u0000\u202e😀")) {
            clips.setPrimaryClip(ClipData.newPlainText("", text))
            screen.touch(R.string.paste)
            screen.touch(R.string.next)
            screen.type(R.string.tx_code, "123456")
            screen.touch(R.string.enrol)
            rule.waitUntil("WALLET_OFFER for ${text.take(60)}", 20_000) { screen.isThere("WALLET_OFFER") && screen.isThere(screen.words(R.string.offer)) }
        }
        screen.keep("fault-pasted")
    }

    @Test fun `a link of a megabyte that another app opens is no offer`() {
        launch.open(Intent(Intent.ACTION_VIEW, Uri.parse("openid-credential-offer://?credential_offer=" + "a".repeat(1_000_000))))
        screen.type(R.string.tx_code, "123456")
        screen.touch(R.string.enrol)
        screen.see("WALLET_OFFER")
    }

    @Test fun `a clock that is moved by a day while the app is open changes nothing`() {
        Phone.enrol(citizen(BORN, 5), "林拨钟")
        launch.open()
        screen.waitForCode()
        for (days in listOf(1, -1)) {
            val before = read(screen.look())
            Phone.setClock(days * Phone.DAY)
            rule.waitUntil("another code", 60_000) { runCatching { read(screen.look()) != before }.getOrDefault(false) }
            assertEquals("accept", TrialCity.scan(read(screen.look())).getString("decision"))
            assertFalse(screen.isThere(screen.words(R.string.time_in_doubt)))
        }
    }

    @Test fun `a key store that is busy when the app opens, and while it is open`() {
        Phone.enrol(citizen(BORN, 6), "林忙库")
        FakeKeyStore.fault = ProviderException("busy")
        launch.open()
        screen.see("VAULT_PORT_UNAVAILABLE")
        screen.keep("fault-key-store-busy")
        assertFalse("nothing is wiped for it", screen.isThere(screen.words(R.string.begin_anew)))
        // It may be so for good.
        screen.touch(R.string.try_again)
        screen.touch(R.string.try_again)
        screen.see(R.string.begin_anew)
        screen.keep("fault-key-store-away")
        FakeKeyStore.fault = null
        screen.touch(R.string.try_again)
        screen.waitForCode()
        FakeKeyStore.fault = ProviderException("locked")
        screen.see("WALLET_KEY")
        screen.keep("fault-key-locked")
        FakeKeyStore.fault = null
        screen.touch(R.string.try_again)
        screen.waitForCode()
        assertEquals("accept", TrialCity.scan(read(screen.look())).getString("decision"))
    }

    @Test fun `a key store that is empty after a restore begins anew, and the account goes on`() {
        Phone.enrol(citizen(BORN, 7), "林恢复")
        FakeKeyStore.entries.clear()
        launch.open()
        screen.touch(R.string.begin_anew)
        screen.touch(R.string.wipe_now)
        screen.takeUp(TrialCity.offer(citizen(BORN, 7), "林恢复"))
        screen.touch(R.string.later)
        screen.waitForCode()
        assertEquals("accept", TrialCity.scan(read(screen.look())).getString("decision"))
    }

    @Test fun `another program that has the wallet open is waited for`() {
        Phone.enrol(citizen(BORN, 8), "林占用")
        val other = Phone.wallet()
        launch.open()
        screen.see("VAULT_IN_USE")
        screen.keep("fault-in-use")
        other.close()
        screen.touch(R.string.try_again)
        screen.waitForCode()
    }

    @Test fun `two windows show the same wallet`() {
        Phone.enrol(citizen(BORN, 9), "林两窗")
        launch.open()
        screen.waitForCode()
        launch.leave()
        val second = Launch()
        second.open()
        screen.waitForCode()
        assertEquals("accept", TrialCity.scan(read(screen.look())).getString("decision"))
        second.close()
        launch.comeBack()
        screen.waitForCode()
    }

    private companion object {
        const val BORN = 19_850_101
    }
}
