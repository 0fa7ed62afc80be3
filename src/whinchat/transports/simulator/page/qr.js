// QR codes (ISO/IEC 18004): bytes, error correction level L, versions 1 to 10.

// Per version: error correction bytes of a block, and the data bytes of its blocks.
const BLOCKS = [
  [7, [19]],
  [10, [34]],
  [15, [55]],
  [20, [80]],
  [26, [108]],
  [18, [68, 68]],
  [20, [78, 78]],
  [24, [97, 97]],
  [30, [116, 116]],
  [18, [68, 68, 69, 69]],
];
const ALIGNMENTS = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
];
const QUIET = 4; // modules of margin
const MASK = 0;
const LEVEL_L = 1;

const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  EXP[power] = EXP[power + 255] = value;
  LOG[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}
const times = (one, other) => (one && other ? EXP[LOG[one] + LOG[other]] : 0);

/** Draws `text` into a square canvas; leaves it white when it is empty or too long. */
export function drawQr(canvas, text) {
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  const modules = encode(new TextEncoder().encode(text));
  if (modules === null) return;
  const size = Math.floor(canvas.width / (modules.length + 2 * QUIET));
  const margin = Math.floor((canvas.width - size * modules.length) / 2);
  context.fillStyle = "#000";
  modules.forEach((line, y) =>
    line.forEach((dark, x) => dark && context.fillRect(margin + x * size, margin + y * size, size, size)),
  );
}

/** Rows of dark (true) and light modules; null when there is nothing to write or no room for it. */
function encode(bytes) {
  const version = BLOCKS.findIndex(([, blocks], at) => bytes.length + (at < 9 ? 2 : 3) <= sum(blocks)) + 1;
  if (bytes.length === 0 || version === 0) return null;
  const grid = frame(version);
  fill(grid, codewords(bytes, version));
  return grid.dark;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Mode, length, the bytes, and padding; then blocks with their error correction, interleaved. */
function codewords(bytes, version) {
  const [correction, blocks] = BLOCKS[version - 1];
  const bits = [];
  const push = (value, width) => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  push(4, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => push(byte, 8));
  push(0, Math.min(4, sum(blocks) * 8 - bits.length));
  while (bits.length % 8 > 0) bits.push(0);
  const data = [];
  for (let at = 0; at < bits.length; at += 8) data.push(parseInt(bits.slice(at, at + 8).join(""), 2));
  for (let pad = 0xec; data.length < sum(blocks); pad ^= 0xfd) data.push(pad);
  let taken = 0;
  const parts = blocks.map((length) => data.slice(taken, (taken += length)));
  return [...interleaved(parts), ...interleaved(parts.map((part) => remainder(part, correction)))];
}

function interleaved(parts) {
  const longest = Math.max(...parts.map((part) => part.length));
  return Array.from({ length: longest }, (_, at) =>
    parts.filter((part) => at < part.length).map((part) => part[at]),
  ).flat();
}

/** Reed–Solomon: what is left after division by the generator of that degree. */
function remainder(data, degree) {
  let generator = [1];
  for (let root = 0; root < degree; root++) {
    const next = [...generator, 0];
    generator.forEach((value, at) => (next[at + 1] ^= times(value, EXP[root])));
    generator = next;
  }
  const rest = [...data, ...new Array(degree).fill(0)];
  for (let at = 0; at < data.length; at++) {
    const factor = rest[at];
    generator.forEach((value, offset) => (rest[at + offset] ^= times(value, factor)));
  }
  return rest.slice(data.length);
}

// --- the grid ---

/** A grid with everything that is not data: finders, timing, alignment, format and version. */
function frame(version) {
  const size = 17 + 4 * version;
  const grid = { size, dark: square(size), fixed: square(size) };
  for (let at = 0; at < size; at++) {
    put(grid, 6, at, at % 2 === 0);
    put(grid, at, 6, at % 2 === 0);
  }
  finder(grid, 3, 3);
  finder(grid, size - 4, 3);
  finder(grid, 3, size - 4);
  const centres = ALIGNMENTS[version - 1];
  const last = centres.length - 1;
  centres.forEach((x, i) =>
    centres.forEach((y, j) => {
      const corner = (i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0);
      if (!corner) alignment(grid, x, y);
    }),
  );
  format(grid);
  if (version >= 7) versionBits(grid, version);
  return grid;
}

const square = (size) => Array.from({ length: size }, () => new Array(size).fill(false));

function put(grid, x, y, dark) {
  if (x < 0 || y < 0 || x >= grid.size || y >= grid.size) return;
  grid.dark[y][x] = dark;
  grid.fixed[y][x] = true;
}

function rings(grid, x, y, radius, isDark) {
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) put(grid, x + dx, y + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
  }
}

const finder = (grid, x, y) => rings(grid, x, y, 4, (distance) => distance !== 2 && distance !== 4);
const alignment = (grid, x, y) => rings(grid, x, y, 2, (distance) => distance !== 1);

/** `value` followed by its check bits (BCH). */
function checked(value, polynomial, width) {
  let rest = value << width;
  for (let bit = 31 - Math.clz32(rest); bit >= width; bit = 31 - Math.clz32(rest)) rest ^= polynomial << (bit - width);
  return (value << width) | rest;
}

function format(grid) {
  const { size } = grid;
  const bits = checked((LEVEL_L << 3) | MASK, 0x537, 10) ^ 0x5412;
  for (let at = 0; at < 15; at++) {
    const dark = ((bits >> at) & 1) === 1;
    const along = at < 6 ? at : at < 8 ? at + 1 : size - 15 + at;
    put(grid, 8, along, dark);
    const across = at < 8 ? size - 1 - at : at === 8 ? 7 : 14 - at;
    put(grid, across, 8, dark);
  }
  put(grid, 8, size - 8, true);
}

function versionBits(grid, version) {
  const bits = checked(version, 0x1f25, 12);
  for (let at = 0; at < 18; at++) {
    const dark = ((bits >> at) & 1) === 1;
    const far = grid.size - 11 + (at % 3);
    const near = Math.floor(at / 3);
    put(grid, far, near, dark);
    put(grid, near, far, dark);
  }
}

/** Writes the data in its zigzag from the bottom right, masked. */
function fill(grid, data) {
  let bit = 0;
  let upwards = true;
  for (let right = grid.size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < grid.size; step++) {
      const y = upwards ? grid.size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (grid.fixed[y][x]) continue;
        const dark = bit < data.length * 8 && ((data[bit >> 3] >> (7 - (bit & 7))) & 1) === 1;
        grid.dark[y][x] = dark !== ((x + y) % 2 === 0);
        bit += 1;
      }
    }
    upwards = !upwards;
  }
}
