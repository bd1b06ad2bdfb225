/*
 * Speech to text over a ticket: POST /presign, one WebSocket, results until the server closes it.
 * Needs kotlinx-coroutines; the WebSocket is a [Socket] of any library (OkHttpSockets.kt is one).
 */
package scribepass

import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.InputStream
import java.net.HttpURLConnection
import java.net.URL
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject

/** An open WebSocket. */
interface Socket {
    /** The server's binary messages. It ends with the server's close, and with a [SocketFault] if that never came. */
    val received: ReceiveChannel<ByteArray>

    /** Queues a binary message. After the end it does nothing. */
    fun send(frame: ByteArray)

    /** Ends the connection now, if it has not ended. */
    fun abort()
}

/** The connection was not opened, or broke, or carried text. The message must not hold the URL. */
class SocketFault(message: String) : IOException(message)

/** Opens sockets. Throws [SocketFault], whose message and cause do not hold the URL. */
fun interface Sockets {
    suspend fun open(url: String): Socket
}

/** The right to open one stream. Its URL is a secret that anybody could use: it cannot be read, only opened. */
class Ticket internal constructor(private val url: String, val ticketId: String, val sessionId: String) {
    internal suspend fun open(sockets: Sockets): Socket = sockets.open(url)
}

/** How long things may take, in milliseconds. */
class Timing(val connect: Long = 10_000, val drain: Long = 5_000, val answer: Int = 10_000, val closed: Int = 2_000)

/**
 * [service] is where `/presign` is, such as `https://tickets.example.com`; [headers] are asked for anew with each
 * request: `mapOf("Authorization" to "Bearer …")`.
 */
class ScribepassClient(
    private val service: String,
    private val sockets: Sockets,
    private val timing: Timing = Timing(),
    private val headers: suspend () -> Map<String, String> = { emptyMap() },
) {
    /**
     * The results of [audio]: signed 16-bit little-endian PCM, mono, 16 kHz, 100 ms in each array. The flow ends when
     * audio has ended and the last words have come; it throws [ScribepassException]. Cancelling it aborts the stream.
     */
    fun transcribe(audio: Flow<ByteArray>, parameters: Map<String, Any> = mapOf("language-code" to "en-US")) = flow {
        val ticket = ticket(parameters)
        try {
            emitAll(stream(ticket, audio))
        } finally {
            withContext(NonCancellable) { closed(ticket) }
        }
    }

    /** A fresh ticket. To go on with a stream that was lost: `parameters + ("ticket-id" to old.ticketId)`. */
    suspend fun ticket(parameters: Map<String, Any>): Ticket {
        val wanted = mapOf("media-encoding" to "pcm", "sample-rate" to 16_000) + parameters
        val (status, body, retryAfter) = try {
            post("/presign", JSONObject(wanted).toString(), timing.answer)
        } catch (_: IOException) {
            throw TicketRefused(0, "", null, "The service cannot be reached. Check the network.", "")
        }
        val answer = objectOf(body)
        if (status != HttpURLConnection.HTTP_CREATED) throw refusal(status, answer, retryAfter)
        val url = answer.optString("url")
        if (!url.startsWith("wss://") && !url.startsWith("ws://")) {
            throw TicketRefused(status, "", null, "The service's answer is not a ticket. Is its address right?", "")
        }
        return Ticket(url, answer.optString("ticket_id"), answer.optString("session_id"))
    }

    /** One stream over [ticket], like [transcribe]; whoever calls this calls [closed] when it is over. */
    fun stream(ticket: Ticket, audio: Flow<ByteArray>): Flow<List<TranscriptResult>> =
        channelFlow<Result<List<TranscriptResult>>> {
            try {
                converse(ticket, audio) { send(Result.success(it)) }
            } catch (stopped: CancellationException) {
                throw stopped
            } catch (fault: Exception) {
                // As the last element: thrown here, it would overtake results that wait for a slow collector.
                send(Result.failure(fault))
            }
        }.flowOn(Dispatchers.Default).map { it.getOrThrow() }

    private suspend fun converse(
        ticket: Ticket,
        audio: Flow<ByteArray>,
        give: suspend (List<TranscriptResult>) -> Unit,
    ) = coroutineScope {
        val socket = withTimeoutOrNull(timing.connect) { opened(ticket) }
            ?: throw unopened("")
        val conversation = Conversation(socket)
        try {
            val speaking = speak(conversation, audio)
            conversation.listen(give)
            speaking.cancel()
            conversation.lost?.let { throw it }
        } finally {
            socket.abort()
        }
    }

    /** Tells the service that the ticket's session is over: until then it counts. Where that fails its lease ends. */
    suspend fun closed(ticket: Ticket) {
        try {
            post("/sessions/${ticket.ticketId}/closed", null, timing.closed)
        } catch (stopped: CancellationException) {
            throw stopped
        } catch (_: Exception) {
            // The lease ends by itself.
        }
    }

    private suspend fun opened(ticket: Ticket): Socket =
        try {
            ticket.open(sockets)
        } catch (fault: SocketFault) {
            throw unopened(fault.message.orEmpty())
        }

    private fun unopened(said: String) =
        StreamFailed("ConnectionFailed", "Transcribe does not answer. Perhaps the network blocks port 8443.", said)

    /**
     * Sends the audio and its end; then the server may be silent for [Timing.drain], and no longer. What a microphone
     * that fails has given is still worth its words: its error comes after them.
     */
    private fun CoroutineScope.speak(conversation: Conversation, audio: Flow<ByteArray>) = launch {
        try {
            audio.collect { if (it.isNotEmpty()) conversation.socket.send(audioFrame(it)) }
        } catch (stopped: CancellationException) {
            throw stopped
        } catch (fault: Exception) {
            conversation.lost = fault
        }
        conversation.ended = true
        conversation.socket.send(audioFrame(ByteArray(0)))
        do {
            val before = conversation.heard
            delay(timing.drain)
        } while (conversation.heard != before)
        throw conversation.lost
            ?: StreamFailed("DrainTimeout", "Transcribe did not finish in time. The last words may be missing.")
    }

    /** Status, body and seconds of Retry-After. Redirects are not followed: the key goes nowhere else. */
    private suspend fun post(path: String, body: String?, milliseconds: Int): Triple<Int, String, Long?> {
        val all = headers() + if (body == null) emptyMap() else mapOf("Content-Type" to "application/json")
        return withContext(Dispatchers.IO) {
            val connection = URL(service.trimEnd('/') + path).openConnection() as HttpURLConnection
            try {
                connection.requestMethod = "POST"
                connection.connectTimeout = milliseconds
                connection.readTimeout = milliseconds
                connection.instanceFollowRedirects = false
                connection.useCaches = false
                all.forEach { (name, value) -> connection.setHeader(name, value) }
                connection.doOutput = true
                connection.outputStream.use { it.write(body.orEmpty().toByteArray()) }
                val status = connection.responseCode
                val answer = if (status < 400) connection.inputStream else connection.errorStream
                val retryAfter = connection.getHeaderField("Retry-After")?.toLongOrNull()
                Triple(status, answer?.use(::bounded).orEmpty(), retryAfter)
            } finally {
                connection.disconnect()
            }
        }
    }
}

/** One stream: what was heard, and whether the audio has ended, decide what an end of the connection means. */
private class Conversation(val socket: Socket) {
    @Volatile var heard = 0L
    @Volatile var ended = false
    /** What went wrong with the audio. */
    @Volatile var lost: Exception? = null
    private val decoder = Decoder()

    /** Everything that the server says, until it closes. */
    suspend fun listen(give: suspend (List<TranscriptResult>) -> Unit) {
        try {
            for (bytes in socket.received) {
                heard++
                decoder.receive(bytes)
                while (true) {
                    val results = resultsOf(decoder.next() ?: break)
                    if (results.isNotEmpty()) give(results)
                }
            }
        } catch (fault: SocketFault) {
            val said = fault.message.orEmpty()
            throw StreamFailed("ConnectionLost", "The connection to Transcribe was lost. $kept", said)
        }
        if (!ended) throw StreamFailed("StreamEnded", "Transcribe ended the stream. $kept")
        if (decoder.buffered > 0) throw MalformedStream(Rule.FRAMING, "the stream ended inside a frame")
    }

    private val kept get() = if (ended) "The last words may be missing." else "Start again to go on."
}

private fun HttpURLConnection.setHeader(name: String, value: String) =
    try {
        setRequestProperty(name, value)
    } catch (_: IllegalArgumentException) { // its text quotes the value, which is a key
        throw IllegalArgumentException("the header $name has a value that cannot be sent")
    }

/** A ticket has about 4 KiB, most of it session token. */
private const val MAX_ANSWER = 64 * 1024

private fun bounded(stream: InputStream): String {
    val body = ByteArrayOutputStream()
    val part = ByteArray(8192)
    while (true) {
        val count = stream.read(part)
        if (count < 0) return body.toString("UTF-8")
        body.write(part, 0, count)
        if (body.size() > MAX_ANSWER) throw IOException("the answer is far too long")
    }
}

private fun objectOf(body: String): JSONObject =
    try {
        JSONObject(body)
    } catch (_: JSONException) {
        JSONObject()
    }

/** What the service says (RFC 9457), in words. */
private fun refusal(status: Int, problem: JSONObject, retryAfter: Long?): TicketRefused {
    val advice = when (status) {
        401 -> " It needs a valid API key or token."
        403 -> " Ask whoever runs this service for permission."
        429, 503 -> if (retryAfter == null) " Try again in a minute." else " It asks to wait $retryAfter s."
        else -> ""
    }
    val faults = problem.optJSONArray("problems") ?: JSONArray()
    val details = (0 until faults.length()).mapNotNull { faults.optJSONObject(it) }
        .map { "${it.optString("field")}: ${it.optString("message")}" }
    val said = (listOf(problem.optString("detail")) + details).filter { it.isNotEmpty() }.joinToString("\n")
    val code = problem.optString("code")
    return TicketRefused(status, code, retryAfter, "The service did not give a ticket ($status).$advice", said)
}
