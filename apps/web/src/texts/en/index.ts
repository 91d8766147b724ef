import { asking } from "./asking.ts";
import { chat } from "./chat.ts";
import { devices } from "./devices.ts";
import { donor } from "./donor.ts";
import { guessing } from "./guessing.ts";
import { guests } from "./guests.ts";
import { models } from "./models.ts";
import { otherLink } from "./other-link.ts";
import { plan } from "./plan.ts";
import { room } from "./room.ts";
import { session } from "./session.ts";
import { storage } from "./storage.ts";
import { badAddress, donorTrouble, environment, insecure, linkTrouble, ringTrouble } from "./trouble.ts";
import { units } from "./units.ts";

export const en = {
  asking,
  chat,
  devices,
  donor,
  guessing,
  guests,
  models,
  otherLink,
  plan,
  room,
  session,
  storage,
  units,
  ringTrouble,
  donorTrouble,
  linkTrouble,
  environment,
  insecure,
  badAddress,
};
