/*
 * What is said on a stream: audio to Transcribe, transcripts and failures from it; and every error of this client.
 * Pure. org.json is part of Android; on another JVM it is the library org.json:json.
 */
package scribepass

import java.io.IOException
import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject

/**
 * Every error of this client. [code] is stable, the message is for a person, and what the other side said about it is
 * in [said]: plain text, perhaps empty. None ever holds a ticket's URL, nor a cause that might.
 */
sealed class ScribepassException(val code: String, message: String, val said: String) : IOException(message)

/**
 * The service gave no ticket. [status] is 0 when it could not be reached, [problem] the service's code for why, such as
 * `rate_limited`, [retryAfter] seconds if it named them.
 */
class TicketRefused(val status: Int, val problem: String, val retryAfter: Long?, message: String, said: String) :
    ScribepassException("ticket_refused", message, said)

/** Transcribe ended the stream, or the connection was lost. [kind] is AWS's exception name or one of ours. */
class StreamFailed(val kind: String, message: String, said: String = "") :
    ScribepassException("stream_failed", message, said)

/** What was received is no event stream; [rule] is what it broke. */
class MalformedStream(val rule: Rule, said: String) :
    ScribepassException("malformed_stream", "The server's answer could not be read. Start again.", said)

enum class Rule { CHECKSUM, FRAMING, HEADER, LIMIT, PAYLOAD }

/** A word or a mark. Times are seconds since the stream began. */
data class Item(
    val content: String,
    val isWord: Boolean,
    val startTime: Double,
    val endTime: Double,
    val confidence: Double?,
    val speaker: String?,
)

/** A segment of speech. A later result with the same [id] replaces it, until one of them is not partial. */
data class TranscriptResult(
    val id: String,
    val isPartial: Boolean,
    val startTime: Double,
    val endTime: Double,
    val text: String,
    val items: List<Item>,
    val channel: String?,
    val language: String?,
)

/** Everything heard, in the order in which it began. Immutable. */
class Transcript(val segments: List<TranscriptResult> = emptyList()) {
    /** What was said, a line for each segment. */
    val text: String get() = segments.joinToString("\n") { it.text }

    /** With these results: each replaces the partial one with its id; what is final stays. */
    operator fun plus(results: List<TranscriptResult>): Transcript {
        val byId = segments.associateByTo(LinkedHashMap()) { it.id }
        for (result in results) if (byId[result.id]?.isPartial != false) byId[result.id] = result
        return Transcript(byId.values.filter { it.text.isNotEmpty() }.sortedBy { it.startTime })
    }
}

/** The frame that carries [pcm]. An empty one is the end of the audio. */
fun audioFrame(pcm: ByteArray): ByteArray = encode(Message(AUDIO_HEADERS, pcm))

private val AUDIO_HEADERS: Map<String, HeaderValue> = mapOf(
    ":content-type" to HeaderValue.Text("application/octet-stream"),
    ":event-type" to HeaderValue.Text("AudioEvent"),
    ":message-type" to HeaderValue.Text("event"),
)

/** The results of a message; none if it is an event that is not known here. Throws StreamFailed, MalformedStream. */
fun resultsOf(message: Message): List<TranscriptResult> =
    when (message.text(":message-type")) {
        "event" -> if (message.text(":event-type") == "TranscriptEvent") readTranscript(message) else emptyList()
        "exception" -> throw explain(message.text(":exception-type"), said(message))
        "error" -> throw explain(message.text(":error-code"), message.text(":error-message"))
        else -> throw MalformedStream(Rule.HEADER, "a message of an unknown type")
    }

private fun Message.text(name: String): String =
    (headers[name] as? HeaderValue.Text)?.value ?: throw MalformedStream(Rule.HEADER, "no $name")

/** AWS writes `Message`, its guide also `message`. */
private fun said(message: Message): String =
    try {
        JSONObject(String(message.payload, Charsets.UTF_8)).let { it.optString("Message", it.optString("message")) }
    } catch (_: JSONException) {
        ""
    }

private fun explain(kind: String, said: String): StreamFailed {
    val message = when (kind.removeSuffix("Exception")) {
        "BadRequest" -> "Transcribe did not accept the stream."
        "LimitExceeded" -> "Too many transcriptions are running at the moment. Wait a minute, then start again."
        "InternalFailure" -> "Transcribe had a fault of its own. Start again to go on."
        "ServiceUnavailable" -> "Transcribe is not available at the moment. Wait a minute, then start again."
        "Conflict" -> "Another stream took this one's place. Start again to go on."
        "AccessDenied", "UnrecognizedClient" -> "Transcribe did not allow this stream."
        else -> "Transcribe ended the stream."
    }
    return StreamFailed(kind, message, said)
}

private fun readTranscript(message: Message): List<TranscriptResult> =
    try {
        val transcript = JSONObject(String(message.payload, Charsets.UTF_8)).getJSONObject("Transcript")
        transcript.optJSONArray("Results").objects().map(::readResult)
    } catch (_: JSONException) {
        throw MalformedStream(Rule.PAYLOAD, "a transcript that is not one")
    }

private fun readResult(json: JSONObject): TranscriptResult {
    val best = json.optJSONArray("Alternatives").objects().firstOrNull()
    return TranscriptResult(
        id = json.getString("ResultId"),
        isPartial = json.optBoolean("IsPartial"),
        startTime = json.getDouble("StartTime"),
        endTime = json.getDouble("EndTime"),
        text = best?.optString("Transcript").orEmpty(),
        items = best?.optJSONArray("Items").objects().map(::readItem),
        channel = json.textOrNull("ChannelId"),
        language = json.textOrNull("LanguageCode"),
    )
}

private fun readItem(json: JSONObject) = Item(
    content = json.optString("Content"),
    isWord = json.optString("Type", "pronunciation") == "pronunciation",
    startTime = json.getDouble("StartTime"),
    endTime = json.getDouble("EndTime"),
    confidence = json.optDouble("Confidence").takeUnless { it.isNaN() },
    speaker = json.textOrNull("Speaker"),
)

private fun JSONArray?.objects(): List<JSONObject> =
    if (this == null) emptyList() else (0 until length()).map { getJSONObject(it) }

private fun JSONObject.textOrNull(name: String): String? = if (isNull(name)) null else optString(name)
