import java.nio.file.Path
import kotlin.io.path.createTempDirectory
import kotlin.test.assertEquals
import kotlinx.coroutines.runBlocking
import szid.HolderPrompt
import szid.Http
import szid.Wallet
import szid.WalletConfig

/** A phone with mocks for its key store, and a folder for its wallet. */
class Phone(private val city: City, val keys: SoftwareMockDeviceKeys = SoftwareMockDeviceKeys()) {
    val folder: Path = createTempDirectory()
    val sealing = SoftwareMockSealingKey()

    fun open(http: Http? = null, prompt: HolderPrompt? = null): Wallet =
        Wallet.open(config(folder, city.rootKey), keys, sealing, null, http, prompt)

    fun enrolled(http: Http? = null, prompt: HolderPrompt? = null): Wallet = open(http, prompt).also { wallet ->
        val offer = city.offer()
        val came = runBlocking { wallet.enrol(offer["credential_offer"].asString, offer["tx_code"].asString) }
        assertEquals(7u, came)
    }
}

fun config(folder: Path, root: ByteArray) = WalletConfig(
    folder = folder.resolve("wallet").toString(),
    rootKeys = listOf(root),
    daysAhead = 6u,
    demoMode = true,
    deviceName = "小明的手机",
)
