/* The codec against vectors: `vectors FILE…` prints how many cases there were, and each that went wrong. */
package scribepass

import java.io.File
import java.util.Random
import java.util.UUID
import org.json.JSONArray
import org.json.JSONObject

private const val LONG = 200_000

fun vectors(files: List<String>): JSONObject {
    val cases = files.flatMap { casesOf(JSONObject(File(it).readText())) }
    val wrong = cases.filterNot(::holds).map { it.getString("name") }
    return JSONObject(mapOf("cases" to cases.size, "wrong" to JSONArray(wrong)))
}

private fun casesOf(file: JSONObject): List<JSONObject> =
    listOf("cases", "valid", "invalid").mapNotNull { file.optJSONArray(it) }
        .flatMap { cases -> (0 until cases.length()).map(cases::getJSONObject) }

private fun holds(case: JSONObject): Boolean {
    val bytes = unhex(case.getString("bytes"))
    val messages = case.getJSONArray("messages")
    val wanted = (0 until messages.length()).map { messageOf(messages.getJSONObject(it)) }
    val outcome = Pair(wanted.map(::shown), case.optString("error"))
    val atEnd = case.optBoolean("at_end")
    val decoded = cuts(bytes).all { read(it, limitsOf(case), atEnd) == outcome }
    return decoded && (case.has("error") || wanted.map(::encode).reduce(ByteArray::plus).contentEquals(bytes))
}

/** The messages of the pieces, and the rule that was broken first, which has to stay broken. */
private fun read(pieces: List<ByteArray>, limits: Limits, atEnd: Boolean): Pair<List<String>, String> {
    val decoder = Decoder(limits)
    val messages = mutableListOf<String>()
    var fault: MalformedStream? = null
    for (piece in pieces) {
        decoder.receive(piece)
        try {
            while (true) messages += shown(decoder.next() ?: break)
            check(fault == null) { "a broken decoder has recovered" }
        } catch (found: MalformedStream) {
            check(fault == null || fault === found) { "another fault than the first" }
            fault = found
        }
    }
    if (fault != null) check(decoder.buffered == 0) { "a broken decoder keeps bytes" }
    val unfinished = decoder.buffered > 0
    check(atEnd || !unfinished || fault != null) { "bytes are left over" }
    return Pair(messages, fault?.rule?.name?.lowercase() ?: if (unfinished) "framing" else "")
}

/** Whole, byte by byte, and cut at random. */
private fun cuts(bytes: ByteArray): List<List<ByteArray>> {
    val random = Random(bytes.size.toLong())
    val longest = if (bytes.size < LONG) 64 else 65_536
    val atRandom = List(3) {
        val pieces = mutableListOf<ByteArray>()
        var at = 0
        while (at < bytes.size) {
            val next = minOf(bytes.size, at + random.nextInt(longest))
            pieces += bytes.copyOfRange(at, next)
            at = next
        }
        pieces
    }
    val one = listOf(listOf(bytes))
    return atRandom + one + if (bytes.size < LONG) listOf(bytes.map { byteArrayOf(it) }) else emptyList()
}

/** A message as text that is equal exactly if the messages are. */
private fun shown(message: Message): String {
    val headers = message.headers.map { (name, value) ->
        name to if (value is HeaderValue.Bytes) "Bytes(${hex(value.value)})" else value.toString()
    }
    return "$headers ${hex(message.payload)}"
}

private fun messageOf(json: JSONObject): Message {
    val headers = json.getJSONArray("headers")
    val read = (0 until headers.length()).map(headers::getJSONArray).associate { it.getString(0) to valueOf(it) }
    return Message(read, unhex(json.getString("payload")))
}

private fun valueOf(header: JSONArray): HeaderValue =
    when (header.getString(1)) {
        "TRUE" -> HeaderValue.Flag(true)
        "FALSE" -> HeaderValue.Flag(false)
        "BYTE" -> HeaderValue.Int8(header.getInt(2).toByte())
        "SHORT" -> HeaderValue.Int16(header.getInt(2).toShort())
        "INTEGER" -> HeaderValue.Int32(header.getInt(2))
        "LONG" -> HeaderValue.Int64(header.getString(2).toLong())
        "BYTES" -> HeaderValue.Bytes(unhex(header.getString(2)))
        "STRING" -> HeaderValue.Text(header.getString(2))
        "TIMESTAMP" -> HeaderValue.Timestamp(header.getString(2).toLong())
        "UUID" -> HeaderValue.Uuid(UUID.fromString(header.getString(2)))
        else -> error("a type that the vectors do not have")
    }

private fun limitsOf(case: JSONObject): Limits {
    val given = case.optJSONObject("limits") ?: JSONObject()
    val usual = Limits.FORMAT
    return Limits(
        message = given.optInt("message_bytes", usual.message),
        headers = given.optInt("headers_bytes", usual.headers),
        count = given.optInt("header_count", usual.count),
        value = given.optInt("value_bytes", usual.value),
    )
}

/** Hex in words with spaces between; `61*3` is a word for `616161`. */
private fun unhex(text: String): ByteArray =
    text.split(" ").filter { it.isNotEmpty() }.map { word ->
        val bytes = word.substringBefore('*').chunked(2).map { it.toInt(16).toByte() }.toByteArray()
        val times = word.substringAfter('*', "1").toInt()
        ByteArray(bytes.size * times) { bytes[it % bytes.size] }
    }.fold(ByteArray(0), ByteArray::plus)

private fun hex(bytes: ByteArray): String = bytes.joinToString("") { "%02x".format(it) }
