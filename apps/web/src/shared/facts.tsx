/** Short facts in a row, each of them kept whole. */
export function Facts({ of }: { readonly of: readonly string[] }) {
  return (
    <>
      {of.map((fact, i) => [
        i > 0 && " ",
        <span key={fact} class="fact">
          {i < of.length - 1 ? `${fact} ·` : fact}
        </span>,
      ])}
    </>
  );
}
