/** The package's own browser build: it brings the few Node parts that it needs, so that the page's bundler need not. */
declare module "simple-peer/simplepeer.min.js" {
  import SimplePeer from "simple-peer";
  export default SimplePeer;
}
