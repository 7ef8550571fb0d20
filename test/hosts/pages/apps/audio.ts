/** The page that loads the AudioWorklet. */
const context = new OfflineAudioContext(1, 44100, 44100);
await context.audioWorklet.addModule("./processor.js");
const node = new AudioWorkletNode(context, "processor");
node.port.onmessage = ({ data }) => {
  window.outcome = data;
};
node.connect(context.destination);
await context.startRendering();

export {};
