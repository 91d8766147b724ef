import { expect, it } from "vitest";
import { rowsAloneAndTogether } from "./block-layers.ts";
import { hasRelaxedSimd } from "./kernel-module.ts";

it("a row comes out bit for bit the same alone or with others, by the fused instruction too", async () => {
  expect(hasRelaxedSimd()).toBe(true);
  const { alone, together } = await rowsAloneAndTogether(16);
  expect(together).toEqual(alone);
});
