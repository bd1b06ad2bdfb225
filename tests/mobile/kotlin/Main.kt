/*
 * What the tests run; each prints JSON:
 * `vectors FILE…` · `scenarios` · `places SERVICE` · `stream SERVICE PCM BYTES PARAMETERS [KEY]`
 */
package scribepass

import java.io.File
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.runBlocking
import okhttp3.OkHttpClient
import org.json.JSONObject

fun main(arguments: Array<String>) {
    val given = arguments.drop(1)
    val answer = when (arguments[0]) {
        "vectors" -> vectors(given)
        "scenarios" -> scenarios()
        "places" -> places(given[0])
        else -> stream(given[0], File(given[1]).readBytes(), given[2].toInt(), JSONObject(given[3]), given.getOrNull(4))
    }
    println(answer)
}

/** Two tickets where there is a place for one; then the first is reported closed, and its session goes on. */
private fun places(service: String): JSONObject = runBlocking {
    val client = ScribepassClient(service, OkHttpSockets())
    val parameters = mapOf("language-code" to "en-US")
    val first = client.ticket(parameters)
    val refused = try {
        client.ticket(parameters).toString()
    } catch (refusal: TicketRefused) {
        described(refusal)
    }
    client.closed(first)
    val next = client.ticket(parameters + ("ticket-id" to first.ticketId))
    client.closed(next)
    JSONObject(mapOf("refused" to refused, "resumed" to (next.sessionId == first.sessionId), "shown" to "$first"))
}

/** The whole client against a running service: what became of the recording [pcm], sent in chunks of [bytes]. */
private fun stream(service: String, pcm: ByteArray, bytes: Int, wanted: JSONObject, key: String?) = runBlocking {
    val http = OkHttpClient()
    val headers = if (key == null) emptyMap() else mapOf("Authorization" to "Bearer $key")
    val client = ScribepassClient(service, OkHttpSockets(http)) { headers }
    val parameters = wanted.keys().asSequence().associateWith { wanted.get(it) }
    val chunks = (pcm.indices step bytes).map { pcm.copyOfRange(it, minOf(pcm.size, it + bytes)) }
    val answer = JSONObject()
    var (transcript, partials) = Pair(Transcript(), 0)
    try {
        client.transcribe(chunks.asFlow(), parameters).collect { results ->
            partials += results.count { it.isPartial }
            transcript += results
        }
    } catch (failed: ScribepassException) {
        answer.put("error", described(failed))
    }
    http.dispatcher().executorService().shutdown()
    http.connectionPool().evictAll()
    answer.put("text", transcript.text).put("partials", partials)
}
