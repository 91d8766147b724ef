// Kept in syntax that every Node with modules can read, as it is there to tell old ones off.
const [major, minor] = process.versions.node.split(".").map(Number);
if (!(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19))) {
  console.error(
    `Node ${process.versions.node} is too old: install Node 20.19, 22.12 or newer (nodejs.org), then run this again.`,
  );
  process.exit(1);
}
