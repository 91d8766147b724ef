/** Before any schema is made: zod would look whether it may compile code, which the page's content security policy reports as an offence. */
import { z } from "zod";

z.config({ jitless: true });
