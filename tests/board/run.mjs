// Runs an image on an emulated RP2040 for tests/board/board.py: one request a line on standard input,
// one answer a line on standard output, JSON. The first line says what the board is.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import * as chips from './chips.mjs';
import { Microcontroller } from './rp2040.mjs';

const KINDS = {
  ssd1306: chips.Ssd1306, sharp_lcd: chips.SharpLcd, ds3231: chips.Ds3231, keypad: chips.Keypad,
  button: chips.Button, latch: chips.Latch, i2s: chips.I2sSink,
};

class Board {
  constructor({ flash, bootrom, uniqueId, parts, buses, unix, batteryRaw, filesystem }) {
    const mcu = (this.mcu = new Microcontroller(readFileSync(flash), readFileSync(bootrom), Buffer.from(uniqueId, 'hex')));
    Object.assign(this, { events: [], usb: false, outside: new Map(), watchers: new Map(), parts: {} });
    this.supply = new chips.Supply(this);
    const onI2c = new Map();
    for (const [name, part] of Object.entries(parts)) {
      const bus = buses[part.bus];
      if (part.chip === 'battery') mcu.rp2040.adc.channelValues[part.pin - 26] = batteryRaw;
      else if (part.chip === 'usb') this.usbPin = part.pin;
      else if (part.chip === 'jack') this.outside.set(part.pin, 0); // no plug is in
      else if (part.chip === 'vibration') this.outside.set(part.pin, 0); // its gate's resistor
      else if (part.chip === 'charger') continue; // there is none: the pull-up says so
      else if (part.chip === 'amplifier') this.onOutput(part.pin, (level) => this.event('amplifier', { level }));
      else this.parts[name] = new KINDS[part.chip]({ ...bus, ...part }, this, unix);
      if (bus?.kind === 'i2c') onI2c.set(part.address, this.parts[name]);
      if (bus?.kind === 'spi') mcu.spi(bus.id, this.parts[name]);
    }
    for (const bus of Object.values(buses)) {
      if (bus.kind !== 'i2c') continue;
      mcu.i2c(bus.id, onI2c);
      for (const pin of [bus.sda, bus.scl]) this.outside.set(pin, 1); // pulled up on the module
    }
    for (const pin of mcu.rp2040.gpio) {
      pin.addListener(() => this.settle(pin.index));
      this.settle(pin.index);
    }
    mcu.cache.onMiss = (offset) => this.flashRead(offset - filesystem.start, filesystem.block);
    mcu.rp2040.peripherals[0x40058].onWatchdogTrigger = () => this.event('reset', {});
    this.host = mcu.usbHost((bytes) => this.event('serial', { data: Buffer.from(bytes).toString('hex') }));
  }

  get now() {
    return this.mcu.clock.nanos;
  }

  after(delay, action) {
    this.mcu.after(delay, action);
  }

  event(kind, more) {
    this.events.push({ at: this.now / 1e9, kind, ...more });
    if (this.stopOn?.includes(kind)) this.stopped = true;
  }

  supplyChanged(holdUp) {
    this.supply.changed(holdUp);
  }

  /** What the RP2040 drives on a pin: 0, 1 or null. */
  output(index) {
    const pin = this.mcu.rp2040.gpio[index];
    return pin.outputEnable ? Number(pin.outputValue) : null;
  }

  drive(index, level) {
    if (this.outside.get(index) === level) return;
    this.outside.set(index, level);
    this.settle(index);
  }

  settle(index) {
    const pin = this.mcu.rp2040.gpio[index];
    const level = this.output(index) ?? this.outside.get(index) ?? (pin.pullupEnabled ? 1 : 0);
    if (pin.rawInputValue !== !!level) pin.setInputValue(!!level);
  }

  /** Call `watcher(level)` when what the RP2040 drives on a pin changes: 0, 1 or null. */
  onOutput(index, watcher) {
    let before = null;
    this.mcu.rp2040.gpio[index].addListener(() => {
      const level = this.output(index);
      if (level !== before) watcher((before = level));
    });
  }

  /** Call `watcher(levels)` when a PIO changes a pin, with all that it drives, bit by bit. */
  onPio(index, watcher) {
    this.mcu.pioWatchers.set(index, watcher);
  }

  /** Note where in the file system the firmware reads, block by block. */
  flashRead(offset, block) {
    const number = Math.floor(offset / block);
    if (offset >= 0 && number !== this.block) this.event('flash', { block: (this.block = number) });
  }

  run({ until, stop }) {
    Object.assign(this, { stopOn: stop, stopped: false });
    this.mcu.run(until * 1e9, () => this.stopped);
    const events = this.events;
    this.events = [];
    return { now: this.now / 1e9, waiting: this.mcu.rp2040.core.waiting, events };
  }

  press({ key, down }) {
    if (key === 'red') this.parts.button.move(down);
    else this.parts.keypad.move(key, down);
    return {};
  }

  plug() {
    this.usb = true;
    if (this.usbPin !== undefined) this.drive(this.usbPin, 1);
    this.supplyChanged(false);
    this.host.plug();
    return {};
  }

  send({ data }) {
    if (!this.host.ready()) return { refused: true };
    this.host.send(Buffer.from(data, 'hex'));
    return {};
  }

  ready() {
    return { ready: this.host.ready() };
  }

  frame() {
    return { pixels: Buffer.from(this.parts.display.pixels()).toString('hex') };
  }

  sound() {
    const { samples, times } = this.parts.audio;
    const loud = samples.findIndex((sample) => Math.abs(sample) > 32);
    return { samples, first: times[0] === undefined ? null : times[0] / 1e9, loud: loud < 0 ? null : times[loud] / 1e9 };
  }

  flash() {
    return { content: Buffer.from(this.mcu.chip.content).toString('base64') };
  }

  memory() {
    return { content: Buffer.from(this.mcu.rp2040.sram).toString('base64') };
  }

  diagnosis() {
    const { core } = this.mcu.rp2040;
    return { pc: core.PC.toString(16), complaints: this.mcu.complaints, misses: this.mcu.cache.misses };
  }
}

let board = null;
for await (const line of createInterface({ input: process.stdin })) {
  const { name, ...values } = JSON.parse(line);
  const answer = board === null ? ((board = new Board(values)), {}) : board[name](values);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
