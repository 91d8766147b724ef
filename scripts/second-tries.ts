import type { Reporter, TestCase } from "vitest/node";

/** Says at the end which tests passed only on their second try, and what the first one failed of: each is a fault to be mended. */
export class SecondTries implements Reporter {
  readonly #said: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return;
    const causes = (test.result().errors ?? []).map(({ stack, message }) => stack ?? message);
    this.#said.push(`${test.module.relativeModuleId} > ${test.fullName}\n${causes.join("\n")}`);
  }

  onTestRunEnd(): void {
    if (this.#said.length === 0) return;
    console.log(`\nPassed only on the second try, a fault to be mended:\n\n${this.#said.join("\n\n")}\n`);
  }
}
