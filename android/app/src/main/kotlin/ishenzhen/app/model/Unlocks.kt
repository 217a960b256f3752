package ishenzhen.app.model

import szid.Advice
import szid.UnlockException
import szid.Unlocking
import szid.Wallet

/** What the holder has done to unlock, for as long as the wallet lets it count. */
class Unlocks(private val wallet: Wallet) {
    @Volatile private var current: Unlocking? = null

    /** The last unlocking while it lasts, else that the app is open. */
    fun now(): Unlocking = current?.takeIf { wallet.unlockedFor(it) > 0u } ?: renew()

    /** Back to that the app is open, once an unlocking is over. */
    fun renew(): Unlocking = wallet.appOpened().also { current = it }

    /** Unlocks by PIN; takes up to a second. What went wrong, or nothing. */
    fun byPin(pin: String): Advice? = try {
        current = wallet.unlockWithPin(pin)
        null
    } catch (failed: UnlockException) {
        failed.advice()
    }

    /** The holder touched the screen. */
    fun active() {
        try {
            current?.let(wallet::holderIsActive)
        } catch (over: UnlockException) {
            current = null
        }
    }

    /** The app goes out of sight. */
    fun lock() {
        wallet.lock()
        current = null
    }
}
