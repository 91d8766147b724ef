/** A field for a device's name. Names are cut at a limit, so it is said before it is reached. */
import { signal } from "@preact/signals";
import type { InputHTMLAttributes } from "preact";
import { useMemo } from "preact/hooks";
import { MAX_NAME } from "../state/names.ts";
import { texts } from "../texts/index.ts";

/** Characters left from which on they are counted. */
const NEAR_END = 10;

interface NameFieldProps extends Pick<InputHTMLAttributes, "name" | "aria-label"> {
  readonly initial: string;
  readonly onName?: (name: string) => void;
}

export function NameField({ initial, onName, ...field }: NameFieldProps) {
  const length = useMemo(() => signal(initial.length), [initial]);
  const isNear = length.value >= MAX_NAME - NEAR_END;
  return (
    <span class="name-field">
      <input
        {...field}
        defaultValue={initial}
        maxLength={MAX_NAME}
        required
        onInput={({ currentTarget: { value } }) => {
          length.value = value.length;
          onName?.(value);
        }}
      />
      <span class="hint" role="status">
        {isNear ? texts.devices.nameLength(length.value, MAX_NAME) : ""}
      </span>
    </span>
  );
}
