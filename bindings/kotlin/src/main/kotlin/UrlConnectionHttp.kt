package szid

import java.io.ByteArrayOutputStream
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL

/**
 * The platform's own HTTP client, with its proxies and its trust store; the same on Android and on a plain JVM.
 *
 * Follows no redirect, keeps no cookies and no cache, and reads no more than it was asked for.
 */
class UrlConnectionHttp : Http {
    override fun send(request: HttpRequest): HttpAnswer {
        val deadline = System.nanoTime() + request.timeoutMs.toLong() * 1_000_000
        try {
            val connection = URL(request.url).openConnection() as HttpURLConnection
            try {
                return exchange(connection, request, deadline)
            } finally {
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
            connection.setFixedLengthStreamingMode(request.body.size)
            connection.outputStream.use { it.write(request.body) }
        }
        val status = connection.responseCode
        val stream = if (status >= 400) connection.errorStream else connection.inputStream
        val body = ByteArrayOutputStream()
        stream?.use {
            val piece = ByteArray(PIECE)
            while (true) {
                val read = it.read(piece)
                if (read < 0) break
                body.write(piece, 0, read)
                if (body.size().toULong() > request.maxAnswer) throw HttpPortException.TooLarge()
                // A server that drips keeps each single read short.
                if (System.nanoTime() > deadline) throw HttpPortException.Unreachable()
            }
        }
        return HttpAnswer(status.toUShort(), body.toByteArray())
    }

    private companion object {
        /** The longest wait for a connection, milliseconds. */
        const val CONNECT_MS = 2_000
        const val PIECE = 16 * 1024
    }
}
