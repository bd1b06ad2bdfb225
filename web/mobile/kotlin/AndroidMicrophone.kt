/* The microphone of an Android phone. The app has asked for RECORD_AUDIO, and it has been given. */
package scribepass

import android.annotation.SuppressLint
import android.media.AudioFormat
import android.media.AudioRecord
import android.media.MediaRecorder
import java.io.IOException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.isActive

private const val RATE = 16_000
private const val CHUNK = RATE / 10 * 2 // bytes: 100 ms of 16-bit samples

/** 100 ms of PCM at a time, as long as it is collected and [wanted] says so; the device is free afterwards. */
@SuppressLint("MissingPermission")
fun microphone(wanted: () -> Boolean): Flow<ByteArray> = flow {
    val (mono, pcm) = Pair(AudioFormat.CHANNEL_IN_MONO, AudioFormat.ENCODING_PCM_16BIT)
    val least = AudioRecord.getMinBufferSize(RATE, mono, pcm)
    // A second of room: the recorder drops what is not read in time.
    val recorder = AudioRecord(MediaRecorder.AudioSource.VOICE_RECOGNITION, RATE, mono, pcm, maxOf(least, 10 * CHUNK))
    try {
        if (recorder.state != AudioRecord.STATE_INITIALIZED) throw IOException("the microphone cannot be had")
        recorder.startRecording()
        while (currentCoroutineContext().isActive && wanted()) {
            val chunk = ByteArray(CHUNK)
            val read = recorder.read(chunk, 0, CHUNK) // waits for the whole chunk
            if (read < 0) throw IOException("the microphone was lost ($read)")
            emit(chunk.copyOf(read))
        }
    } finally {
        recorder.release()
    }
}.flowOn(Dispatchers.IO)
