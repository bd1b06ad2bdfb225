/* Of Android's API what AndroidMicrophone.kt uses, as its reference describes it: to compile, not to run. */
@file:Suppress("UNUSED_PARAMETER")

package android.media

object AudioFormat {
    const val CHANNEL_IN_MONO = 16
    const val ENCODING_PCM_16BIT = 2
}

object MediaRecorder {
    object AudioSource {
        const val VOICE_RECOGNITION = 6
    }
}

class AudioRecord(source: Int, rate: Int, channels: Int, encoding: Int, bytes: Int) {
    val state: Int get() = error("a stub")

    fun startRecording(): Unit = error("a stub")

    fun read(target: ByteArray, offset: Int, bytes: Int): Int = error("a stub")

    fun release(): Unit = error("a stub")

    companion object {
        const val STATE_INITIALIZED = 1

        fun getMinBufferSize(rate: Int, channels: Int, encoding: Int): Int = error("a stub")
    }
}
