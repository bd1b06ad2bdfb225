/* One stream over a server that is played here: `scenarios` prints how each of them ended. */
package scribepass

import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.runBlocking
import org.json.JSONObject

/** A server that [says] its part when the audio has ended, or at once. */
private class Played(val atOnce: Boolean = false, val says: Played.() -> Unit) : Socket {
    override val received = Channel<ByteArray>(Channel.UNLIMITED)
    var sent = 0
    var aborted = false

    override fun send(frame: ByteArray) {
        sent++
        if (!atOnce && frame.contentEquals(audioFrame(ByteArray(0)))) says()
    }

    override fun abort() {
        aborted = true
    }
}

private val chunk = ByteArray(3200)
private val spoken = flowOf(chunk, ByteArray(0), chunk)
private val words: ByteArray = event(
    """{"Transcript":{"Results":[{"ResultId":"r","IsPartial":false,"StartTime":0.1,"EndTime":0.4,
       "Alternatives":[{"Transcript":"hello","Items":[]}]}]}}""",
    ":event-type" to "TranscriptEvent", ":message-type" to "event",
)
private val limited = event(
    """{"Message":"Your account has too many."}""",
    ":exception-type" to "LimitExceededException", ":message-type" to "exception",
)

private fun event(body: String, vararg headers: Pair<String, String>): ByteArray =
    encode(Message(headers.associate { (name, value) -> name to HeaderValue.Text(value) }, body.toByteArray()))

fun scenarios(): JSONObject = runBlocking {
    val outcomes = JSONObject()
    for ((name, outcome) in played()) outcomes.put(name, outcome)
    outcomes
}

private suspend fun played(): Map<String, String> = linkedMapOf(
    "the last words" to ended(Played { received.trySend(words); received.close() }),
    "a frame in pieces" to ended(Played {
        words.toList().chunked(7).forEach { received.trySend(it.toByteArray()) }
        received.close()
    }),
    "an unknown event" to ended(Played {
        received.trySend(event("{}", ":event-type" to "NewEvent", ":message-type" to "event"))
        received.close()
    }),
    "an exception" to ended(Played(atOnce = true) { received.trySend(limited) }),
    "an error message" to ended(Played {
        received.trySend(event("", ":message-type" to "error", ":error-code" to "Oops", ":error-message" to "no"))
    }),
    "garbage" to ended(Played(atOnce = true) { received.trySend(ByteArray(12)) }),
    "a transcript that is none" to ended(Played(atOnce = true) {
        received.trySend(event("[]", ":event-type" to "TranscriptEvent", ":message-type" to "event"))
    }),
    "a close before the end" to ended(Played(atOnce = true) { received.close() }, silence()),
    "a close inside a frame" to ended(Played { received.trySend(words.copyOf(40)); received.close() }),
    "a lost connection" to ended(Played(atOnce = true) { received.close(SocketFault("EOFException")) }, silence()),
    "a lost end" to ended(Played { received.close(SocketFault("EOFException")) }),
    "no end" to ended(Played { }),
    "no connection" to ended(null),
    "a microphone that fails after words" to ended(
        Played { received.trySend(words); received.close() },
        flow { emit(chunk); error("the microphone was lost") },
    ),
    "a microphone that fails" to ended(Played { }, flow { emit(chunk); error("the microphone was lost") }),
    "an end by the caller" to ended(Played(atOnce = true) { received.trySend(words) }, silence(), most = 1),
)

private fun silence(): Flow<ByteArray> = flow {
    emit(chunk)
    awaitCancellation()
}

/** How the stream went, in a line; characters heard; frames sent; whether the socket was let go. */
private suspend fun ended(server: Played?, audio: Flow<ByteArray> = spoken, most: Int = 9): String {
    val client = ScribepassClient("http://127.0.0.1:9", Sockets { opened(server) }, Timing(connect = 300, drain = 300))
    var transcript = Transcript()
    val end = try {
        client.stream(Ticket("wss://secret.example", "tk_1", "s"), audio).take(most).collect { transcript += it }
        "ended"
    } catch (failed: Exception) {
        described(failed)
    }
    // What was sent before the server spoke unasked is a matter of chance.
    val sent = if (server?.atOnce == false) ", sent ${server.sent}" else ""
    return "$end, heard ${transcript.text.length}$sent, let go ${server?.aborted}"
}

private suspend fun opened(server: Played?): Socket {
    if (server == null) awaitCancellation()
    if (server.atOnce) server.says(server)
    delay(1)
    return server
}

fun described(failed: Exception): String =
    when (failed) {
        is TicketRefused -> "${failed.code} ${failed.status} ${failed.problem} ${failed.retryAfter}"
        is StreamFailed -> "${failed.code} ${failed.kind}"
        is MalformedStream -> "${failed.code} ${failed.rule}"
        else -> ""
    } + if (failed is ScribepassException) ": ${failed.message} [${failed.said}]" else failed.toString()
