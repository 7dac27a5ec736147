// Plays the token's samples, each at its place: pieces come with the time at which they were sent.

const RATE = 16000;
const DELAY = 0.15; // seconds by which sound is late, so that the next piece is there in time

export class Player {
  constructor(context = new AudioContext({ sampleRate: RATE })) {
    this.context = context;
    this.gain = this.context.createGain();
    this.gain.connect(this.context.destination);
    this.offset = null; // of the context's time from the token's
    this.underruns = 0;
    this.played = []; // [start, samples] of the last pieces, for whoever looks what was played
    this.rate = 1;
  }

  // Browsers let sound begin when their user has done something.
  wake() {
    this.context.resume();
  }

  toggle() {
    this.wake();
    const sounds = this.gain.gain.value === 0;
    this.gain.gain.value = sounds ? 1 : 0;
    return sounds;
  }

  follow(rate) {
    if (rate !== this.rate) this.offset = null;
    this.rate = rate;
  }

  put({ start, samples }) {
    if (this.rate !== 1 || this.context.state !== "running") return;
    const bytes = Uint8Array.from(atob(samples), (character) => character.charCodeAt(0));
    const data = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
    const now = this.context.currentTime;
    let due = start + this.offset;
    if (this.offset === null || due < now || due > now + 2) {
      if (this.offset !== null && due < now && now - due < 1) this.underruns++;
      this.offset = now + DELAY - start;
      due = now + DELAY;
    }
    const buffer = this.context.createBuffer(1, data.length, RATE);
    buffer.copyToChannel(data, 0);
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.gain);
    source.start(due);
    this.played.push([start, data]);
    if (this.played.length > 1000) this.played.shift();
  }
}
