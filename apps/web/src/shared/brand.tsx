/** The name and the planet, as in `public/icon.svg`. */
export function Brand({ children }: { readonly children?: string }) {
  return (
    <h1 class="brand">
      <img src="/icon.svg" width="36" height="36" alt="" />
      <span>Jupiter</span>
      {children !== undefined && <small>{children}</small>}
    </h1>
  );
}
