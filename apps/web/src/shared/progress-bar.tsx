/** Share of a known number of bytes; without one it only shows that something moves. */
export interface ProgressBarProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
}

export function ProgressBar({ label, value, max }: ProgressBarProps) {
  return <progress aria-label={label} max={1} {...(max > 1 ? { value: Math.min(1, value / max) } : {})} />;
}
