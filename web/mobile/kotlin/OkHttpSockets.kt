/* The WebSocket by OkHttp, which is what Android apps have: 3.13 and newer. */
package scribepass

import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.channels.Channel
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import okio.ByteString

/** No interceptor of [client] may log: requests have the ticket's URL. Give it one of its own. */
class OkHttpSockets(client: OkHttpClient = OkHttpClient()) : Sockets {
    // A stream is quiet while nobody speaks. No pings: AWS does not say what Transcribe makes of them.
    private val client = client.newBuilder().readTimeout(0, TimeUnit.SECONDS).followRedirects(false).build()

    override suspend fun open(url: String): Socket {
        val request = try {
            Request.Builder().url(url).build()
        } catch (_: IllegalArgumentException) { // its text quotes the URL
            throw SocketFault("the ticket's URL is not one")
        }
        val listener = Listener()
        val socket = client.newWebSocket(request, listener)
        try {
            listener.opened.await()
        } catch (stopped: Exception) {
            socket.cancel()
            throw stopped
        }
        return Opened(socket, listener.received)
    }
}

private class Opened(private val socket: WebSocket, override val received: Channel<ByteArray>) : Socket {
    /** A network that takes nothing for five seconds of audio is as good as gone. */
    override fun send(frame: ByteArray) {
        val sent = socket.queueSize() < MOST_QUEUED && socket.send(ByteString.of(*frame))
        if (!sent) received.close(SocketFault("the network takes no more audio"))
    }

    override fun abort() {
        socket.cancel()
        received.cancel()
    }
}

private class Listener : WebSocketListener() {
    val opened = CompletableDeferred<Unit>()
    val received = Channel<ByteArray>(Channel.UNLIMITED)

    override fun onOpen(webSocket: WebSocket, response: Response) {
        opened.complete(Unit)
    }

    override fun onMessage(webSocket: WebSocket, bytes: ByteString) {
        received.trySend(bytes.toByteArray())
    }

    override fun onMessage(webSocket: WebSocket, text: String) {
        received.close(SocketFault("a text message"))
    }

    /** The server's close: what it had to say has arrived, and OkHttp wants it answered. */
    override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
        received.close()
        webSocket.close(NORMAL, null)
    }

    /** The class of [t] says enough: its text may hold an address. */
    override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) {
        val fault = SocketFault(t.javaClass.simpleName)
        opened.completeExceptionally(fault)
        received.close(fault)
    }
}

private const val NORMAL = 1000
private const val MOST_QUEUED = 160_000L
