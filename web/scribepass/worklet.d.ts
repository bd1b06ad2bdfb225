/** The audio thread's own scope, which lib.dom does not describe: https://webaudio.github.io/web-audio-api/#AudioWorkletGlobalScope */
export {};

declare global {
  abstract class AudioWorkletProcessor {
    readonly port: MessagePort;
    abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
  }
  function registerProcessor(name: string, processor: new (options: AudioWorkletNodeOptions) => AudioWorkletProcessor): void;
}
