/*
 * application/vnd.amazon.eventstream, both directions. Pure: java.nio and java.util.zip, on Android and on any JVM.
 *
 *     uint32 total length · uint32 headers length · uint32 CRC-32 of these 8 bytes
 *     headers · payload · uint32 CRC-32 of everything before it          (all big endian)
 *
 * A header is: uint8 length of the name · name in UTF-8 · uint8 type · value.
 */
package scribepass

import java.nio.ByteBuffer
import java.nio.CharBuffer
import java.nio.charset.CharacterCodingException
import java.util.UUID
import java.util.zip.CRC32

/** The value of a header: the format has ten types, two of which are [Flag]. */
sealed class HeaderValue {
    data class Flag(val value: Boolean) : HeaderValue()
    data class Int8(val value: Byte) : HeaderValue()
    data class Int16(val value: Short) : HeaderValue()
    data class Int32(val value: Int) : HeaderValue()
    data class Int64(val value: Long) : HeaderValue()
    class Bytes(val value: ByteArray) : HeaderValue()
    data class Text(val value: String) : HeaderValue()

    /** Milliseconds since 1970, in the years 1 to 9999. */
    data class Timestamp(val milliseconds: Long) : HeaderValue()
    data class Uuid(val value: UUID) : HeaderValue()
}

/** One message: its headers in their order, and its payload. */
class Message(val headers: Map<String, HeaderValue>, val payload: ByteArray)

/** The most that is accepted, in bytes and in headers of one message. */
class Limits(val message: Int, val headers: Int, val count: Int, val value: Int) {
    companion object {
        /** What AWS's own clients accept. */
        val FORMAT = Limits(message = 24 * 1024 * 1024, headers = 128 * 1024, count = 1024, value = 32_767)

        /** What Transcribe needs, with room: an event has three headers and a few KiB. */
        val TRANSCRIBE = Limits(message = 1024 * 1024, headers = 16 * 1024, count = 64, value = 32_767)
    }
}

/** One whole frame. IllegalArgumentException for what the format cannot hold. */
fun encode(message: Message): ByteArray {
    val limits = Limits.FORMAT
    val headers = message.headers.map { (name, value) -> encodeHeader(name, value) }
    val length = headers.sumOf { it.size }
    require(headers.size <= limits.count && length <= limits.headers) { "too many headers" }
    require(OVERHEAD.toLong() + length + message.payload.size <= limits.message) { "the message is too long" }
    val frame = ByteBuffer.allocate(OVERHEAD + length + message.payload.size)
    frame.putInt(frame.capacity()).putInt(length)
    frame.putInt(crc32(frame.array(), frame.position()))
    headers.forEach { frame.put(it) }
    frame.put(message.payload)
    frame.putInt(crc32(frame.array(), frame.position()))
    return frame.array()
}

/** Bytes in, messages out, however they are cut. Broken once broken: the first fault comes again and again. */
class Decoder(private val limits: Limits = Limits.TRANSCRIBE) {
    private var held = ByteArray(4096)
    private var start = 0
    private var end = 0
    private var fault: MalformedStream? = null

    /** How many bytes of an unfinished frame are held: 0 at a clean boundary. */
    val buffered: Int get() = end - start

    /** Takes a copy of the bytes. */
    fun receive(bytes: ByteArray) {
        if (fault != null) return
        if (end + bytes.size > held.size) makeRoom(bytes.size)
        bytes.copyInto(held, end)
        end += bytes.size
    }

    /** The next whole message, or null: more bytes are needed. Throws [MalformedStream]. */
    fun next(): Message? {
        fault?.let { throw it }
        try {
            return read()
        } catch (found: MalformedStream) {
            fault = found
            held = ByteArray(0)
            start = 0
            end = 0
            throw found
        }
    }

    private fun read(): Message? {
        if (buffered < PRELUDE) return null
        val prelude = ByteBuffer.wrap(held, start, PRELUDE)
        val (total, headers) = checkedLengths(prelude, limits)
        if (buffered < total) return null
        val frame = held.copyOfRange(start, start + total)
        start += total
        return readMessage(frame, headers, limits)
    }

    /** At least doubles, or moves what is less than half: so no byte is moved often, however small the pieces. */
    private fun makeRoom(extra: Int) {
        val needed = 2 * (buffered + extra)
        val target = if (needed <= held.size) held else ByteArray(needed)
        held.copyInto(target, 0, start, end)
        end -= start
        start = 0
        held = target
    }
}

private const val PRELUDE = 12
private const val OVERHEAD = 16

/** 0001-01-01 to 9999-12-31. */
private val TIMESTAMPS = -62_135_596_800_000L..253_402_300_799_999L

private fun crc32(bytes: ByteArray, length: Int): Int =
    CRC32().apply { update(bytes, 0, length) }.value.toInt()

/** Total and headers' length, checked before anything is read or waited for on their word. */
private fun checkedLengths(prelude: ByteBuffer, limits: Limits): Pair<Int, Int> {
    val lengths = ByteArray(8).also { prelude.get(it) }
    if (prelude.int != crc32(lengths, 8)) throw MalformedStream(Rule.CHECKSUM, "the prelude's checksum does not match")
    val total = ByteBuffer.wrap(lengths).int.toLong() and 0xFFFF_FFFFL
    val headers = ByteBuffer.wrap(lengths).getInt(4).toLong() and 0xFFFF_FFFFL
    if (total < OVERHEAD) throw MalformedStream(Rule.FRAMING, "a frame cannot have $total bytes")
    if (headers > total - OVERHEAD) {
        throw MalformedStream(Rule.FRAMING, "$headers bytes of headers in a frame of $total")
    }
    if (total > limits.message) throw MalformedStream(Rule.LIMIT, "a message of $total bytes")
    if (headers > limits.headers) throw MalformedStream(Rule.LIMIT, "$headers bytes of headers")
    return Pair(total.toInt(), headers.toInt())
}

private fun readMessage(frame: ByteArray, headersLength: Int, limits: Limits): Message {
    val end = frame.size - 4
    if (ByteBuffer.wrap(frame).getInt(end) != crc32(frame, end)) {
        throw MalformedStream(Rule.CHECKSUM, "the message's checksum does not match")
    }
    val headers = decodeHeaders(ByteBuffer.wrap(frame, PRELUDE, headersLength), limits)
    return Message(headers, frame.copyOfRange(PRELUDE + headersLength, end))
}

private fun decodeHeaders(block: ByteBuffer, limits: Limits): Map<String, HeaderValue> {
    val headers = LinkedHashMap<String, HeaderValue>()
    while (block.hasRemaining()) {
        if (headers.size == limits.count) throw MalformedStream(Rule.LIMIT, "too many headers")
        val encodedName = block.take(block.need(1).get().toInt() and 0xFF)
        if (encodedName.isEmpty()) throw MalformedStream(Rule.HEADER, "a header has no name")
        val value = decodeValue(block, limits)
        val name = decodeText(encodedName)
        if (headers.put(name, value) != null) throw MalformedStream(Rule.HEADER, "a header is there twice")
    }
    return headers
}

private fun decodeValue(block: ByteBuffer, limits: Limits): HeaderValue =
    when (val type = block.need(1).get().toInt()) {
        0, 1 -> HeaderValue.Flag(type == 0)
        2 -> HeaderValue.Int8(block.need(1).get())
        3 -> HeaderValue.Int16(block.need(2).short)
        4 -> HeaderValue.Int32(block.need(4).int)
        5 -> HeaderValue.Int64(block.need(8).long)
        6 -> HeaderValue.Bytes(block.takeSized(limits))
        7 -> HeaderValue.Text(decodeText(block.takeSized(limits)))
        8 -> HeaderValue.Timestamp(block.need(8).long.also { milliseconds ->
            if (milliseconds !in TIMESTAMPS) throw MalformedStream(Rule.HEADER, "a date outside the years 1 to 9999")
        })
        9 -> HeaderValue.Uuid(block.need(16).let { UUID(it.long, it.long) })
        else -> throw MalformedStream(Rule.HEADER, "there is no header type ${type and 0xFF}")
    }

/** This buffer, if it still has so many bytes. */
private fun ByteBuffer.need(bytes: Int): ByteBuffer {
    if (bytes > remaining()) throw MalformedStream(Rule.HEADER, "a header reaches past the end of the headers")
    return this
}

private fun ByteBuffer.take(length: Int): ByteArray = ByteArray(length).also { need(length).get(it) }

private fun ByteBuffer.takeSized(limits: Limits): ByteArray {
    val length = need(2).short.toInt() and 0xFFFF
    if (length > limits.value) throw MalformedStream(Rule.LIMIT, "a header's value of $length bytes")
    return take(length)
}

/** A decoder of its own each time: it refuses what String(bytes) would replace by U+FFFD. */
private fun decodeText(bytes: ByteArray): String =
    try {
        Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString()
    } catch (_: CharacterCodingException) {
        throw MalformedStream(Rule.HEADER, "a name or a text is not UTF-8")
    }

private fun encodeText(text: String): ByteArray =
    try {
        Charsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text)).let { buffer ->
            ByteArray(buffer.remaining()).also { buffer.get(it) }
        }
    } catch (_: CharacterCodingException) {
        throw IllegalArgumentException("a name or a text has half a character")
    }

private fun encodeHeader(name: String, value: HeaderValue): ByteArray {
    val encodedName = encodeText(name)
    require(encodedName.size in 1..255) { "a header's name has 1 to 255 bytes" }
    return byteArrayOf(encodedName.size.toByte()) + encodedName + encodeValue(value)
}

private fun encodeValue(value: HeaderValue): ByteArray =
    when (value) {
        is HeaderValue.Flag -> typed(if (value.value) 0 else 1, 0) {}
        is HeaderValue.Int8 -> typed(2, 1) { put(value.value) }
        is HeaderValue.Int16 -> typed(3, 2) { putShort(value.value) }
        is HeaderValue.Int32 -> typed(4, 4) { putInt(value.value) }
        is HeaderValue.Int64 -> typed(5, 8) { putLong(value.value) }
        is HeaderValue.Bytes -> sized(6, value.value)
        is HeaderValue.Text -> sized(7, encodeText(value.value))
        is HeaderValue.Timestamp -> {
            require(value.milliseconds in TIMESTAMPS) { "a timestamp lies in the years 1 to 9999" }
            typed(8, 8) { putLong(value.milliseconds) }
        }
        is HeaderValue.Uuid -> typed(9, 16) {
            putLong(value.value.mostSignificantBits)
            putLong(value.value.leastSignificantBits)
        }
    }

private fun typed(type: Int, length: Int, write: ByteBuffer.() -> Unit): ByteArray =
    ByteBuffer.allocate(1 + length).put(type.toByte()).apply(write).array()

private fun sized(type: Int, value: ByteArray): ByteArray {
    require(value.size <= Limits.FORMAT.value) { "a header's value has at most ${Limits.FORMAT.value} bytes" }
    return typed(type, 2 + value.size) {
        putShort(value.size.toShort())
        put(value)
    }
}
