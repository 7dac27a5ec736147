// What rp2040js leaves out and a token's times depend on: the cache in front of the flash, the flash
// chip behind the serial interface, the buses' and the PIO's speed, and a USB host that waits.
// Times are nanoseconds.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// rp2040js is installed under build/, out of the reach of this file's imports.
const require = createRequire(`${process.env.RP2040JS}/here.js`);
const { RP2040, USBCDC } = await import(pathToFileURL(require.resolve('rp2040js')));
const { SimulationClock } = await import(
  pathToFileURL(require.resolve('rp2040js').replace(/index\.js$/, 'clock/simulation-clock.js')));

const FLASH = 2 * 1024 * 1024;
const XIP = 0x10;
// The cache (RP2040 data sheet, 2.6.3.1): 16 KB, two ways, lines of eight bytes. A line that is not in
// it is read from the flash over four wires at half the system clock: eight clocks of address and
// mode, four of waiting, two a byte (boot2_w25q080.S of the Pico SDK).
const SETS = 1024;
const MISS_CYCLES = (8 + 4 + 16) * 2;
const PROGRAM_NS = 400e3; // W25Q16JV, AC characteristics, typical: a page, a sector, a block
const ERASE_NS = { 0x20: 45e6, 0x52: 120e6, 0xd8: 150e6 };
const ERASE_SIZE = { 0x20: 4096, 0x52: 32768, 0xd8: 65536 };

/** The cache in front of the flash; `stall` are the cycles that misses have cost since it was set. */
class XipCache {
  constructor() {
    Object.assign(this, { tags: new Int32Array(2 * SETS).fill(-1), oldest: new Uint8Array(SETS) });
    Object.assign(this, { stall: 0, misses: 0, last: -1, onMiss: () => {} });
  }

  touch(address) {
    const line = (address & 0xffffff) >> 3;
    if (line === this.last) return;
    this.last = line;
    const set = line & (SETS - 1);
    const at = set * 2;
    if (this.tags[at] === line) {
      this.oldest[set] = 1;
    } else if (this.tags[at + 1] === line) {
      this.oldest[set] = 0;
    } else {
      const way = this.oldest[set];
      this.tags[at + way] = line;
      this.oldest[set] = 1 - way;
      this.stall += MISS_CYCLES;
      this.misses += 1;
      this.onMiss(line << 3);
    }
  }

  flush() {
    this.tags.fill(-1);
    this.last = -1;
  }
}

/** W25Q16JV behind the SSI: one byte out for each byte in while its select line is low. */
class FlashChip {
  constructor(content, uniqueId, clock, changed) {
    Object.assign(this, { content, uniqueId, clock, changed, answers: [], bytes: [] });
    Object.assign(this, { writable: false, busyUntil: 0, registers: {} });
  }

  select(low) {
    if (!low && this.bytes.length) this.execute();
    this.bytes = [];
  }

  byte(value) {
    const { bytes } = this;
    bytes.push(value & 0xff);
    const at = bytes.length - 1;
    const address = ((bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) % FLASH;
    let answer = 0;
    if (bytes[0] === 0x05) answer = (this.clock.nanos < this.busyUntil ? 1 : 0) | (this.writable ? 2 : 0);
    else if (bytes[0] === 0x35) answer = 2; // QE: four wires are enabled
    else if (bytes[0] === 0x03 && at >= 4) answer = this.content[(address + at - 4) % FLASH];
    else if (bytes[0] === 0x4b && at >= 5) answer = this.uniqueId[(at - 5) % 8];
    else if (bytes[0] === 0x9f && at) answer = [0xef, 0x40, 0x15][(at - 1) % 3];
    this.answers.push(at ? answer : 0);
  }

  execute() {
    const [command, ...rest] = this.bytes;
    const address = ((rest[0] << 16) | (rest[1] << 8) | rest[2]) % FLASH;
    if (command === 0x06) this.writable = true;
    if (!this.writable) return;
    if (command === 0x02) {
      const page = address & ~0xff;
      rest.slice(3).forEach((byte, n) => (this.content[page | ((address + n) & 0xff)] &= byte));
      this.wait(PROGRAM_NS);
    } else if (ERASE_SIZE[command]) {
      const start = address - (address % ERASE_SIZE[command]);
      this.content.fill(0xff, start, start + ERASE_SIZE[command]);
      this.wait(ERASE_NS[command]);
    }
  }

  wait(duration) {
    this.writable = false;
    this.busyUntil = this.clock.nanos + duration;
    this.changed();
  }
}

/** Registers of the SSI that lead to the flash chip. */
function serialInterface(ssi, chip) {
  const [read, write] = [ssi.readUint32.bind(ssi), ssi.writeUint32.bind(ssi)];
  ssi.readUint32 = (offset) => {
    if (offset === 0x60) return chip.answers.shift() ?? 0;
    if (offset === 0x24) return chip.answers.length;
    if (offset === 0x28) return 0x06 | (chip.answers.length ? 0x08 : 0);
    return read(offset);
  };
  ssi.writeUint32 = (offset, value) => {
    if (offset === 0x60) chip.byte(value);
    else if (offset === 0x08 && !(value & 1)) {
      // Switched off, it lets the select line go; without an override the line follows it.
      chip.answers.length = 0;
      chip.select(false);
    } else write(offset, value);
  };
}

/** An RP2040 with 2 MB of flash, which begins at the start of its flash as the boot ROM does. */
export class Microcontroller {
  constructor(flash, bootrom, uniqueId) {
    const clock = (this.clock = new SimulationClock());
    const rp2040 = (this.rp2040 = new RP2040(clock));
    rp2040.logger = { debug() {}, info() {}, warn() {}, error: (name, text) => this.log(name, text) };
    this.complaints = [];
    rp2040.loadBootrom(new Uint32Array(bootrom.buffer, bootrom.byteOffset, bootrom.length / 4));
    rp2040.flash.set(flash);
    this.cache = new XipCache();
    this.chip = new FlashChip(rp2040.flash.subarray(0, FLASH), uniqueId, clock, () => this.cache.flush());
    serialInterface(rp2040.peripherals[0x18000], this.chip);
    this.selectLine(rp2040.peripherals[0x40018]);
    this.memory();
    this.pio();
    rp2040.core.PC = 0x10000000;
  }

  log(name, text) {
    if (this.complaints.length < 20) this.complaints.push(`${name}: ${text}`);
  }

  /** The select line of the flash follows its output override, IO_QSPI's GPIO_QSPI_SS_CTRL. */
  selectLine(io) {
    let control = 0;
    io.readUint32 = () => control;
    io.writeUint32 = (offset, value) => {
      if (offset !== 0x0c) return;
      control = value;
      const override = (value >> 8) & 3;
      if (override === 3) this.chip.select(false);
      else if (override === 2) this.chip.select(true);
    };
    io.writeUint32Atomic = (offset, value, kind) =>
      io.writeUint32(offset, [value, control ^ value, control | value, control & ~value][kind]);
  }

  /** Reads of flash go through the cache; reads of flash and RAM take the short way. */
  memory() {
    const { rp2040, cache } = this;
    const [flash, ram] = [rp2040.flashView, rp2040.sramView];
    const [read32, read16, read8] = ['readUint32', 'readUint16', 'readUint8'].map((name) => rp2040[name].bind(rp2040));
    rp2040.readUint32 = (address) => {
      address >>>= 0;
      if (address >>> 24 === XIP) {
        cache.touch(address);
        return flash.getUint32(address & 0xffffff, true);
      }
      if (address >>> 24 > XIP && address >>> 24 < XIP + 4) cache.stall += MISS_CYCLES;
      return read32(address);
    };
    rp2040.readUint16 = (address) => {
      if (address >>> 24 === XIP) {
        cache.touch(address);
        return flash.getUint16(address & 0xffffff, true);
      }
      if (address >= 0x20000000 && address < 0x20042000) return ram.getUint16(address - 0x20000000, true);
      return read16(address);
    };
    rp2040.readUint8 = (address) => {
      if (address >>> 24 === XIP) {
        cache.touch(address);
        return flash.getUint8(address & 0xffffff);
      }
      return read8(address);
    };
  }

  /** The state machines step with the clock that their divider makes, in simulated time. */
  pio() {
    this.machines = [];
    this.pioWatchers = new Map();
    for (const pio of this.rp2040.pio) {
      pio.checkChangedPins = () => {
        let changed = (pio.oldPinDirections ^ pio.pinDirections) | (pio.oldPinValues ^ pio.pinValues);
        pio.oldPinDirections = pio.pinDirections;
        pio.oldPinValues = pio.pinValues;
        for (; changed; changed &= changed - 1) {
          const index = 31 - Math.clz32(changed & -changed);
          const watcher = this.pioWatchers.get(index);
          if (watcher) watcher(pio.pinValues);
          else this.rp2040.gpio[index].checkForUpdates();
        }
      };
      pio.run = () => {
        for (const machine of pio.machines) {
          machine.due = this.clock.nanos;
          if (!this.machines.includes(machine)) this.machines.push(machine);
        }
        this.nextPio();
      };
    }
    this.pioDue = Infinity;
  }

  nextPio() {
    this.pioDue = Infinity;
    for (const machine of this.machines) {
      if (machine.enabled && machine.due < this.pioDue) this.pioDue = machine.due;
    }
  }

  stepPio() {
    const now = this.clock.nanos;
    for (const machine of this.machines) {
      if (!machine.enabled || machine.due > now) continue;
      const before = machine.cycles;
      machine.step();
      machine.pio.checkChangedPins();
      const divider = (machine.clockDivInt || 65536) + machine.clockDivFrac / 256;
      machine.due += (Math.max(1, machine.cycles - before) * divider * 1e9) / this.rp2040.clkSys;
    }
    this.nextPio();
  }

  /** Run until `until` nanoseconds, or until `stopped()` after an event. */
  run(until, stopped) {
    const { rp2040, clock, cache } = this;
    const { core } = rp2040;
    while (clock.nanos < until && !stopped()) {
      for (let count = 0; count < 64 && clock.nanos < until; count++) {
        let target;
        if (core.waiting) {
          target = Math.min(until, this.pioDue, clock.nextAlarm ? clock.nextAlarm.nanos : Infinity);
        } else {
          const cycles = core.executeInstruction() + cache.stall;
          cache.stall = 0;
          target = clock.nanos + (cycles * 1e9) / rp2040.clkSys;
        }
        while (this.pioDue <= target) {
          clock.tick(Math.max(0, this.pioDue - clock.nanos));
          this.stepPio();
        }
        clock.tick(Math.max(0, target - clock.nanos));
      }
    }
  }

  after(delay, action) {
    this.clock.createAlarm(action).schedule(delay);
  }

  /** Connect chips to an I2C bus: `chips` by address. A message reaches its chip at its end. */
  i2c(number, chips) {
    const bus = this.rp2040.i2c[number];
    let [chip, written, began] = [null, [], 0];
    const bit = () => ((bus.sclLowPeriod + bus.sclHighPeriod) * 1e9) / this.rp2040.clkSys;
    const end = () => {
      if (chip && written.length) chip.write(written, began);
      [chip, written] = [null, []];
    };
    bus.onStart = () => {
      end();
      began = this.clock.nanos / 1e9;
      this.after(bit(), () => bus.completeStart());
    };
    bus.onConnect = (address, mode) => this.after(9 * bit(), () => {
      chip = chips.get(address) ?? null;
      if (chip && mode === 1) chip.beginRead?.();
      bus.completeConnect(chip !== null);
    });
    bus.onWriteByte = (value) => this.after(9 * bit(), () => {
      written.push(value);
      bus.completeWrite(true);
    });
    bus.onReadByte = () => this.after(9 * bit(), () => bus.completeRead(chip.read()));
    bus.onStop = () => this.after(bit(), () => {
      end();
      bus.completeStop();
    });
  }

  /** Connect a chip to an SPI bus; it watches its own select pin. */
  spi(number, chip) {
    const bus = this.rp2040.spi[number];
    bus.onTransmit = (value) => this.after((bus.dataBits * 1e9) / bus.clockFrequency, () => {
      chip.spi(value);
      bus.completeTransmit(0);
    });
  }

  /** Be the USB host of a serial port. Unlike rp2040js's it lets the token wait while it has nothing
   * to send, as a host does that gets no data from its program. */
  usbHost(received) {
    const usb = this.rp2040.usbCtrl;
    const cdc = new USBCDC(usb);
    const [queue, waiting] = [[], []];
    let plugged = false;
    let enabled = false;
    usb.onUSBEnabled = () => {
      enabled = true;
      if (plugged) usb.resetDevice();
    };
    usb.onEndpointRead = (endpoint, size) => {
      if (endpoint !== cdc.outEndpoint) return;
      waiting.push(size);
      send();
    };
    const send = () => {
      while (queue.length && waiting.length) {
        usb.endpointReadDone(cdc.outEndpoint, Uint8Array.from(queue.splice(0, Math.min(64, waiting.shift()))));
      }
    };
    cdc.onSerialData = received;
    return {
      ready: () => cdc.initialized,
      plug() {
        plugged = true;
        if (enabled) usb.resetDevice();
      },
      send(bytes) {
        queue.push(...bytes);
        send();
      },
    };
  }
}
