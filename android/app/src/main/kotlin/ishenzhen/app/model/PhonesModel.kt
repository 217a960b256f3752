package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.getAndUpdate
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import szid.AccountState
import szid.Advice
import szid.ApproveException
import szid.Device
import szid.OtherDevices
import szid.SyncException
import szid.Wallet

/** The holder's phones, as the service lists them. */
data class Phones(
    val list: List<Device> = emptyList(),
    val account: AccountState? = null,
    /** What a report of a loss did to the other phones, just now. */
    val others: OtherDevices? = null,
    val loading: Boolean = false,
    /** The phone that is to be ended, once the holder has unlocked. */
    val ending: Device? = null,
    val trouble: Advice? = null,
)

class PhonesModel(private val wallet: Wallet, private val unlocks: Unlocks, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(Phones())
    val state: StateFlow<Phones> = now

    val byFingerReady get() = unlocks.byFingerReady

    fun load(): Job {
        now.update { it.copy(loading = true, trouble = null) }
        return scope.launch { read() }
    }

    /** Asks for the PIN, or finger or face, that ends a phone. */
    fun choose(phone: Device?) {
        now.update { it.copy(ending = phone, trouble = null) }
    }

    fun endWith(pin: String) = endAfter { unlocks.byPin(pin) }

    fun endByFinger() = endAfter { unlocks.byFinger() }

    private fun endAfter(unlock: suspend () -> Advice?) {
        val phone = now.value.ending ?: return
        // One at a time: a second touch of what ends a phone ends nothing more.
        if (now.getAndUpdate { it.copy(loading = true, trouble = null) }.loading) return
        scope.launch {
            val wrong = unlock()
            if (wrong != null) {
                now.update { it.copy(loading = false, trouble = wrong) }
                return@launch
            }
            try {
                wallet.endDevice(phone, unlocks.now())
                now.update { it.copy(ending = null) }
                read()
            } catch (failed: ApproveException) {
                now.update { it.copy(loading = false, trouble = failed.advice()) }
            }
        }
    }

    /** Freezes the account. */
    fun reportLost(): Job {
        now.update { it.copy(loading = true, trouble = null) }
        return scope.launch {
            try {
                val others = wallet.reportLost()
                read()
                now.update { it.copy(others = others) }
            } catch (failed: SyncException) {
                now.update { it.copy(loading = false, trouble = failed.advice()) }
            }
        }
    }

    private suspend fun read() {
        try {
            val account = wallet.account().state
            now.update { it.copy(account = account) }
            val list = wallet.devices()
            now.update { Phones(list, account) }
        } catch (failed: SyncException) {
            now.update { it.copy(loading = false, trouble = failed.advice()) }
        }
    }
}
