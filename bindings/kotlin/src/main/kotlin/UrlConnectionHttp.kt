package szid

import java.io.ByteArrayOutputStream
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import java.util.concurrent.ScheduledThreadPoolExecutor
import java.util.concurrent.TimeUnit.MILLISECONDS

/**
 * The platform's own HTTP client, with its proxies and its trust store; the same on Android and on a plain JVM.
 *
 * Follows no redirect, keeps no cookies and no cache, and reads no more than it was asked for. A JVM that used
 * `HttpURLConnection` before the first wallet sends a POST a second time where its connection breaks, unless it was started
 * with `-Dsun.net.http.retryPost=false`.
 */
class UrlConnectionHttp : Http {
    override fun send(request: HttpRequest): HttpAnswer {
        val deadline = System.nanoTime() + request.timeoutMs.toLong() * 1_000_000
        try {
            val connection = URL(request.url).openConnection() as HttpURLConnection
            // A server that drips keeps each single read short, also of the head.
            val watch = WATCH.schedule({ connection.disconnect() }, request.timeoutMs.toLong(), MILLISECONDS)
            try {
                return exchange(connection, request, deadline)
            } finally {
                watch.cancel(false)
                connection.disconnect()
            }
        } catch (failed: IOException) {
            throw HttpPortException.Unreachable()
        }
    }

    private fun exchange(connection: HttpURLConnection, request: HttpRequest, deadline: Long): HttpAnswer {
        val timeout = request.timeoutMs.coerceAtMost(Int.MAX_VALUE.toULong()).toInt()
        connection.connectTimeout = timeout.coerceAtMost(CONNECT_MS)
        connection.readTimeout = timeout
        connection.instanceFollowRedirects = false
        connection.useCaches = false
        connection.requestMethod = request.method
        request.headers.forEach { connection.setRequestProperty(it.name, it.value) }
        if (request.method == "POST") {
            connection.doOutput = true
            // What is streamed is not sent again, but a JVM drops the body of a 401 to it.
            if (IS_ANDROID) connection.setFixedLengthStreamingMode(request.body.size)
            connection.outputStream.use { it.write(request.body) }
        }
        val status = connection.responseCode
        // -1 for what is not HTTP.
        if (status !in 100..999) throw HttpPortException.Unreachable()
        val stream = if (status >= 400) connection.errorStream else connection.inputStream
        val body = ByteArrayOutputStream()
        stream?.use {
            val piece = ByteArray(PIECE)
            while (true) {
                val read = it.read(piece)
                if (System.nanoTime() > deadline) throw HttpPortException.Unreachable()
                if (read < 0) break
                body.write(piece, 0, read)
                if (body.size().toULong() > request.maxAnswer) throw HttpPortException.TooLarge()
            }
        }
        // A JVM takes a connection that ends too early for the end of the body. What was compressed has
        // another length.
        val promised = if (connection.contentEncoding == null) connection.contentLength else -1
        if (promised > body.size()) throw HttpPortException.Unreachable()
        return HttpAnswer(status.toUShort(), body.toByteArray())
    }

    private companion object {
        /** The longest wait for a connection, milliseconds. */
        const val CONNECT_MS = 2_000
        const val PIECE = 16 * 1024
        private const val RETRY_POST = "sun.net.http.retryPost"
        val IS_ANDROID = System.getProperty("java.vm.name") == "Dalvik"

        /** Ends what is over its time. Its thread ends with the program. */
        val WATCH = ScheduledThreadPoolExecutor(1) { Thread(it, "szid-http").apply { isDaemon = true } }
            .apply { removeOnCancelPolicy = true }

        init {
            // Read once, with the first connection of the program.
            if (System.getProperty(RETRY_POST) == null) System.setProperty(RETRY_POST, "false")
        }
    }
}
