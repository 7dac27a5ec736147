// The chips of a token, driven by what the RP2040 puts on its buses and pins. They are written a
// second time here, from the data sheets that emulator/chips/ names, so that each side checks the
// other. Times are nanoseconds of the simulation.

// Contact bounce of a key: nanoseconds after the move, and whether the contact has its new state.
const BOUNCE = [[0, 1], [350, 0], [700, 1], [1500, 0], [1600, 1], [2700, 0], [2900, 1]]
  .map(([us, moved]) => [us * 1000, !!moved]);
const HOLD_UP_NS = 500e6; // for which the latch's capacitor keeps the supply up

/** A contact that bounces; `changed(closed)` is called at each change. */
class Contact {
  constructor(board, changed) {
    Object.assign(this, { board, changed, closed: false });
  }

  move(closed) {
    for (const [delay, moved] of BOUNCE) {
      this.board.after(delay, () => this.changed(moved === closed));
    }
    this.closed = closed;
  }
}

/** A push button to ground. */
export class Button {
  constructor(part, board) {
    this.contact = new Contact(board, (closed) => board.drive(part.pin, closed ? 0 : null));
    this.board = board;
  }

  move(down) {
    this.contact.move(down);
    this.board.supplyChanged(!down);
  }
}

/** The latch: the supply is on while the pin is high, the button down or USB gives power. */
export class Latch {
  constructor(part, board) {
    this.held = false;
    board.onOutput(part.pin, (level) => {
      this.held = level === 1;
      board.event('latch', { level });
      board.supplyChanged(false);
    });
  }
}

/** Whether anything holds the supply; it goes HOLD_UP_NS after the button or the cable. */
export class Supply {
  constructor(board) {
    Object.assign(this, { board, on: false, until: 0 });
  }

  changed(holdUp) {
    const { board } = this;
    const { latch, button } = board.parts;
    const wanted = latch.held || button.contact.closed || board.usb;
    if (wanted || !holdUp) {
      this.until = 0;
      if (wanted || this.on) this.switch(wanted);
    } else if (this.on) {
      const until = (this.until = board.now + HOLD_UP_NS);
      board.after(HOLD_UP_NS, () => this.until === until && this.switch(false));
    }
  }

  switch(on) {
    if (on !== this.on) {
      this.on = on;
      this.board.event('supply', { on });
    }
  }
}

/** A keypad of rows and columns without diodes: closed contacts join lines. */
export class Keypad {
  constructor(part, board) {
    Object.assign(this, { board, part, contacts: new Map(), closed: new Map(), settling: false });
    this.lines = [...part.rows, ...part.columns];
    for (const line of this.lines) board.onOutput(line, () => this.settle());
  }

  move(key, down) {
    const row = ['123', '456', '789', '*0#'].findIndex((keys) => keys.includes(key));
    if (row < 0) throw new Error(`The keypad has no key ${key}.`);
    const pair = [this.part.rows[row], this.part.columns[['123', '456', '789', '*0#'][row].indexOf(key)]];
    if (!this.contacts.has(key)) {
      this.contacts.set(key, new Contact(this.board, (closed) => {
        if (closed) this.closed.set(key, pair);
        else this.closed.delete(key);
        this.settle();
      }));
    }
    this.contacts.get(key).move(down);
  }

  settle() {
    if (this.settling) return;
    this.settling = true;
    const net = new Map(this.lines.map((line) => [line, new Set([line])]));
    for (const [row, column] of this.closed.values()) {
      const joined = new Set([...net.get(row), ...net.get(column)]);
      for (const line of joined) net.set(line, joined);
    }
    for (const line of this.lines) {
      const low = [...net.get(line)].some((other) => other !== line && this.board.output(other) === 0);
      this.board.drive(line, low ? 0 : null);
    }
    this.settling = false;
  }
}

/** SSD1306: 128 x 64 pixels in eight pages; a message is control bytes, each with its bytes. */
export class Ssd1306 {
  constructor(part, board) {
    Object.assign(this, { board, width: part.width, height: part.height });
    this.memory = new Uint8Array(1024).fill(0x5a); // noise, until it is written
    Object.assign(this, { on: false, pump: false, inverse: false, segRemap: false, comRemap: false });
    Object.assign(this, { mode: 2, column: 0, page: 0, columns: [0, 127], pages: [0, 7], command: [] });
  }

  write(bytes, began) {
    for (let at = 0; at < bytes.length;) {
      const one = bytes[at] & 0x80;
      const body = one ? bytes.slice(at + 1, at + 2) : bytes.slice(at + 1);
      if (bytes[at] & 0x40) {
        for (const byte of body) this.data(byte);
        this.board.event('drawn', { began, ink: body.some((byte) => byte !== 0) });
      } else {
        for (const byte of body) this.commandByte(byte);
        this.board.event('display command', {});
      }
      at += 1 + body.length;
    }
  }

  read() {
    return this.on ? 0 : 0x40;
  }

  data(byte) {
    this.memory[this.page * 128 + (this.segRemap ? 127 - this.column : this.column)] = byte;
    if (this.mode === 2) {
      this.column = (this.column + 1) % 128;
    } else if (this.mode === 0) {
      if (this.column !== this.columns[1]) {
        this.column = (this.column + 1) % 128;
      } else {
        this.column = this.columns[0];
        this.page = this.page === this.pages[1] ? this.pages[0] : (this.page + 1) % 8;
      }
    } else if (this.page !== this.pages[1]) {
      this.page = (this.page + 1) % 8;
    } else {
      this.page = this.pages[0];
      this.column = this.column === this.columns[1] ? this.columns[0] : (this.column + 1) % 128;
    }
  }

  commandByte(byte) {
    const parameters = {
      0x20: 1, 0x21: 2, 0x22: 2, 0x26: 6, 0x27: 6, 0x29: 5, 0x2a: 5, 0x81: 1, 0x8d: 1, 0xa3: 2,
      0xa8: 1, 0xd3: 1, 0xd5: 1, 0xd9: 1, 0xda: 1, 0xdb: 1,
    };
    this.command.push(byte);
    const [code, ...values] = this.command;
    if (values.length < (parameters[code] ?? 0)) return;
    this.command = [];
    if (code <= 0x0f) this.column = (this.column & 0x70) | code;
    else if (code <= 0x1f) this.column = ((code & 7) << 4) | (this.column & 15);
    else if (code === 0x20) this.mode = Math.min(values[0] & 3, 2);
    else if (code === 0x21) this.column = (this.columns = values)[0];
    else if (code === 0x22) this.page = (this.pages = values.map((value) => value & 7))[0];
    else if (code === 0x8d) this.pump = !!(values[0] & 4);
    else if (code === 0xa0 || code === 0xa1) this.segRemap = code === 0xa1;
    else if (code === 0xa6 || code === 0xa7) this.inverse = code === 0xa7;
    else if (code === 0xae || code === 0xaf) this.on = code === 0xaf;
    else if (code >= 0xb0 && code <= 0xb7) this.page = code & 7;
    else if (code === 0xc0 || code === 0xc8) this.comRemap = code === 0xc8;
  }

  /** What is visible: a byte each pixel, by rows from the top left, 1 is lit. The module is mounted
   * with SEG0 at the right and COM0 at the bottom. */
  pixels() {
    const seen = new Uint8Array(this.width * this.height);
    if (!this.on || !this.pump) return seen;
    for (let y = 0; y < this.height; y++) {
      const row = this.comRemap ? y : 63 - y;
      for (let x = 0; x < this.width; x++) {
        const lit = (this.memory[(row >> 3) * 128 + 127 - x] >> (row & 7)) & 1;
        seen[y * this.width + x] = lit ^ (this.inverse ? 1 : 0);
      }
    }
    return seen;
  }
}

/** SHARP memory LCD: lines of address and pixels while its select pin is high. */
export class SharpLcd {
  constructor(part, board) {
    Object.assign(this, { board, width: part.width, height: part.height, on: false, transfer: null });
    this.memory = new Uint8Array((part.width / 8) * part.height).fill(0x5a);
    board.onOutput(part.enable, (level) => (this.on = level === 1));
    board.onOutput(part.select, (level) => (level === 1 ? this.begin() : this.end()));
  }

  begin() {
    Object.assign(this, { transfer: [], began: this.board.now / 1e9 });
  }

  spi(byte) {
    this.transfer?.push(byte);
  }

  end() {
    const bytes = this.transfer;
    this.transfer = null;
    if (!bytes) return;
    const line = this.width / 8;
    if (bytes[0] & 0x20) this.memory.fill(0xff);
    if (bytes[0] & 0x80) {
      let ink = false;
      for (let at = 1; at + line + 1 < bytes.length; at += line + 2) {
        const pixels = bytes.slice(at + 1, at + 1 + line);
        this.memory.set(pixels, (reversed(bytes[at]) - 1) * line);
        ink ||= pixels.some((byte) => byte !== 0xff);
      }
      this.board.event('drawn', { began: this.began, ink });
    } else {
      this.board.event('display command', {});
    }
  }

  /** What is visible: a byte each pixel, by rows from the top left, 1 is black. */
  pixels() {
    const seen = new Uint8Array(this.width * this.height);
    if (this.on) for (let at = 0; at < seen.length; at++) seen[at] = ~(this.memory[at >> 3] >> (7 - (at & 7))) & 1;
    return seen;
  }
}

function reversed(byte) {
  let turned = 0;
  for (let bit = 0; bit < 8; bit++) turned |= ((byte >> bit) & 1) << (7 - bit);
  return turned;
}

/** DS3231: registers, and a time that counts in whole seconds from when it was set. */
export class Ds3231 {
  constructor(part, board, unix) {
    Object.assign(this, { board, registers: new Uint8Array(0x13), pointer: 0 });
    this.registers[0x0e] = 0x1c;
    this.registers[0x0f] = unix === null ? 0x88 : 0; // the oscillator has stopped; 32 kHz output
    this.registers[0x11] = 25; // degrees Celsius
    this.weekday = unix === null ? 0 : 5; // of 2000-01-01: the chip counts on from what it was set to
    this.began = BigInt(Math.round((unix ?? 946684800) * 1000)) * 1000000n; // at time 0, nanoseconds
  }

  get unix() {
    return Number((this.began + BigInt(Math.round(this.board.now))) / 1000000000n);
  }

  get days() {
    return Math.floor((this.unix - 946684800) / 86400);
  }

  fill() {
    const bcd = (value) => ((value / 10) << 4) | value % 10;
    const date = new Date(this.unix * 1000);
    this.registers.set([
      bcd(date.getUTCSeconds()), bcd(date.getUTCMinutes()), bcd(date.getUTCHours()),
      ((this.days + this.weekday) % 7) + 1, bcd(date.getUTCDate()),
      bcd(date.getUTCMonth() + 1), bcd(date.getUTCFullYear() - 2000),
    ]);
  }

  write(bytes) {
    this.fill();
    this.pointer = bytes[0] % 0x13;
    let touched = false;
    for (const byte of bytes.slice(1)) {
      if (this.pointer === 0x0f) this.registers[0x0f] = (this.registers[0x0f] & byte & 0x83) | (byte & 8);
      else if (this.pointer < 0x11) this.registers[this.pointer] = byte;
      touched ||= this.pointer < 7;
      this.pointer = (this.pointer + 1) % 0x13;
    }
    if (touched) {
      const [second, minute, hour, , day, month, year] = [...this.registers].map((bcd) => (bcd >> 4) * 10 + (bcd & 15));
      const unix = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
      this.began = BigInt(unix) * 1000000n - BigInt(Math.round(this.board.now));
      this.weekday = (((this.registers[3] - 1 - this.days) % 7) + 7) % 7;
    }
  }

  beginRead() {
    this.fill();
    if (this.pointer === 0) this.board.event('clock', {});
  }

  read() {
    const byte = this.registers[this.pointer];
    this.pointer = (this.pointer + 1) % 0x13;
    return byte;
  }
}

/** The I2S sink: samples of the left channel, sixteen bits, from the levels of three pins. */
export class I2sSink {
  constructor(part, board) {
    Object.assign(this, { board, word: 0, bits: 0, side: 0, samples: [], times: [] });
    const { sck, ws, sd } = part;
    board.onPio(sck, (pins) => (pins >> sck) & 1 && this.clock((pins >> ws) & 1, (pins >> sd) & 1));
  }

  clock(ws, sd) {
    this.word = (this.word << 1) | sd;
    this.bits += 1;
    if (ws === this.side) return;
    // The last bit of a word comes with the first clock of the other side.
    if (!this.side && this.bits === 16) {
      this.samples.push((this.word << 16) >> 16);
      this.times.push(this.board.now);
    }
    Object.assign(this, { side: ws, word: 0, bits: 0 });
  }
}
