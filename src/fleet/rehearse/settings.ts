// What a rehearsal is played with: how fast everything is, and how much of it goes wrong.

/** Seconds of the parts of an installation that are not spent on the network. */
export interface PhaseSeconds {
  /** From power on to the question for a boot script. */
  firmware: number;
  /** From the start of the kernel to the first hello. */
  live: number;
  /** An installation, with writing the image. */
  install: number;
  /** A first boot without a join. */
  firstBoot: number;
  /** A join as the coordinator works on it, one at a time; and what follows on the side of the member. */
  join: number;
  joined: number;
}

/** What the person does who watches the rollout. */
export interface OperatorSettings {
  /** Seconds until a person approves, resumes, or has looked at a failed host. */
  seconds: number;
  /** How often a failed host is tried again. */
  retries: number;
}

export interface RehearsalSettings {
  /** The same seed gives the same machines and the same failures. */
  seed: number;
  /** Part of all installations (0 to 1) that something befalls. */
  failures: number;
  /** Bytes a second of the server and of one machine. */
  link: number;
  machineLink: number;
  /** Bytes that every start of a live system fetches: kernel, Xen and initrd; layers. */
  bootSize: number;
  imageSize: number;
  /** Bytes of them that are fetched from the server at each start; the rest is only reckoned. */
  realBytes: number;
  /** Seconds between two events that tell how far a step is. */
  progress: number;
  /** Simulated seconds in a second at the most; Infinity: as fast as it goes. */
  speed: number;
  /** Seconds in which all machines are switched on. */
  powerOn: number;
  seconds: PhaseSeconds;
  operator: OperatorSettings;
}

/** As a fleet of rack servers was measured to be. */
export const DEFAULT_SETTINGS: RehearsalSettings = {
  seed: 1,
  failures: 0.02,
  link: 10e9 / 8,
  machineLink: 1e9 / 8,
  bootSize: 80e6,
  imageSize: 300e6,
  realBytes: 256 * 1024,
  progress: 1,
  speed: Infinity,
  powerOn: 300,
  // Servers take their time before they boot; joins are those of xapi 26.17.
  seconds: { firmware: 120, live: 25, install: 45, firstBoot: 60, join: 4.3, joined: 23.5 },
  operator: { seconds: 300, retries: 3 },
};
