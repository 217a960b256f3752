import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import szid.EnrolException
import szid.Http
import szid.HttpAnswer
import szid.HttpPortException
import szid.HttpRequest
import szid.LogLevel
import szid.LogLine
import szid.LogSink
import szid.SyncException
import szid.UrlConnectionHttp
import szid.Wallet

/** What a wallet tells a log. */
class LogTest {
    private val city = City()
    private val phone = Phone(city)

    @AfterTest fun close() = city.close()

    private class Kept : LogSink {
        val lines = CopyOnWriteArrayList<LogLine>()
        override fun log(line: LogLine) = lines.add(line)

        /** Lines come a moment later. */
        fun event(name: String): LogLine {
            for (attempt in 1..200) {
                lines.firstOrNull { it.event == name }?.let { return it }
                Thread.sleep(25)
            }
            error("no $name: $lines")
        }
    }

    private class Away : Http {
        @Volatile var away = false
        private val right = UrlConnectionHttp()
        override fun send(request: HttpRequest): HttpAnswer =
            if (away) throw HttpPortException.Unreachable() else right.send(request)
    }

    private fun open(sink: LogSink, http: Http) =
        Wallet.open(config(phone.folder, city.rootKey), phone.keys, phone.sealing, null, http, null, sink)

    @Test fun `events are told by stable words, and nothing about the holder`() = runBlocking {
        val (kept, http) = Kept() to Away()
        open(kept, http).use { wallet ->
            val offer = city.offer()
            val (link, code) = offer["credential_offer"].asString to offer["tx_code"].asString
            assertFailsWith<EnrolException.CodeWrong> { wallet.enrol(link, "000000") }
            wallet.enrol(link, code)
            wallet.refresh()
            http.away = true
            assertFailsWith<SyncException.Unreachable> { wallet.refresh() }
            assertEquals(LogLevel.INFO to "created=1 repaired=0 migrated=0 compacted=0 lost=0", kept.event("vault.opened").run { level to message })
            assertEquals("came=7 of=7", kept.event("enrol.passes").message)
            assertEquals("passes=7", kept.event("enrol.done").message)
            assertEquals("passes=0", kept.event("refresh.done").message)
            assertEquals(LogLevel.WARNING to "code=WALLET_NETWORK", kept.event("refresh.failed").run { level to message })
            assertEquals("port=Http call=send fault=Unreachable", kept.event("port.failed").message)
            assertEquals("code=WALLET_REFUSED", kept.event("enrol.failed").message)
            val allowed = Regex("([a-z_]+=[A-Za-z0-9_]{1,40}( |$))*")
            for (line in kept.lines) {
                assertTrue(allowed.matches(line.message), "$line")
                for (secret in listOf(code, "林示例", "小明", "440399", "http")) assertTrue(secret !in line.message, "$line")
            }
        }
    }

    @Test fun `a sink that waits, throws or answers nothing holds up nobody`() = runBlocking {
        val never = CountDownLatch(1)
        val sinks = listOf<(LogLine) -> Boolean>({ never.await(); true }, { error("no log") }, { TODO() }, { false })
        for (answer in sinks) {
            val other = Phone(city)
            val sink = object : LogSink {
                override fun log(line: LogLine) = answer(line)
            }
            Wallet.open(config(other.folder, city.rootKey), other.keys, other.sealing, null, Away(), null, sink).use {
                assertFailsWith<SyncException.NotEnrolled> { it.refresh() }
                repeat(200) { _ -> assertFailsWith<SyncException.NotEnrolled> { it.refresh() } }
            }
        }
        never.countDown()
    }
}
