// The one door between the renderer and everything outside it. Views and state know only `Bridge`;
// which shell is behind it (Electron's preload or the local server) is decided once, in main.tsx.

import type {
  ClientMessage,
  GivenInput,
  ModelSource,
  ProtocolError,
  Replies,
  RequestInput,
  RequestName,
  ServerMessage,
} from '../../engine/protocol.ts';

export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly of: number;
}

export interface RequestControl {
  readonly onProgress?: (progress: Progress) => void;
  /** aborting cancels the request in the engine; the promise rejects with id 'cancelled' */
  readonly signal?: AbortSignal;
}

/** A file the user picked or dropped, with its path below the picked folder ('weights/a.bin'). */
export interface PickedFile {
  readonly file: File;
  readonly path: string;
}

export interface SavedFile {
  readonly fileName: string;
  readonly mime: string;
  readonly text: string;
  /** set where `text` is bytes written as such */
  readonly encoding?: 'base64';
}

export type BridgeEvent =
  | { readonly kind: 'restarted'; readonly reason: string }
  | { readonly kind: 'open'; readonly source: ModelSource }
  /** `refused`: the server is there, and does not know this browser */
  | { readonly kind: 'connection'; readonly connected: boolean; readonly refused?: boolean };

export interface Bridge {
  /** Rejects with a RequestFailure, never with anything else. */
  request<N extends RequestName>(
    name: N,
    body: RequestInput<N>,
    control?: RequestControl,
  ): Promise<Replies[N]>;
  /** Makes picked files something the engine can open: paths in Electron, an upload in the browser.
   * `entry` is the model among `files`. */
  sourceOf(files: readonly PickedFile[], entry: PickedFile, control?: RequestControl): Promise<ModelSource>;
  /** Makes the bytes of a .npy file that was made in the page something the engine can read. */
  sourceOfMade(
    fileName: string,
    bytes: Uint8Array<ArrayBuffer>,
    control?: RequestControl,
  ): Promise<GivenInput['source']>;
  /** Hands a file to the user: a save dialog in Electron, a download in the browser. */
  save(file: SavedFile): Promise<void>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: BridgeEvent) => void): () => void;
  /** set where menus and theme are the desktop's */
  readonly desktop?: Desktop;
}

/** A command as a native menu shows it. */
export interface NativeMenuItem {
  readonly id: string;
  readonly title: string;
  readonly shortcut?: string;
  /** starts a new section */
  readonly section: boolean;
  readonly enabled: boolean;
  /** only switches have it */
  readonly checked?: boolean;
}

export interface NativeMenu {
  readonly title: string;
  readonly items: readonly NativeMenuItem[];
}

/** What a desktop shell takes over from the page. */
export interface Desktop {
  setMenus(menus: readonly NativeMenu[]): void;
  /** `listener` gets the id of a command chosen in a menu. Returns the function that ends the subscription. */
  onCommand(listener: (id: string) => void): () => void;
  setTheme(theme: 'system' | 'light' | 'dark'): void;
  /** shows a page on the web in the system's browser: the app's own window opens no other */
  openLink(url: string): void;
}

/** A request that was answered with an error, or could not be answered. */
export class RequestFailure extends Error {
  readonly error: ProtocolError;
  constructor(error: ProtocolError) {
    super(error.message);
    this.name = 'RequestFailure';
    this.error = error;
  }
}

/** What Electron's preload exposes as `window.arenascope`: plain messages in, plain messages out. */
export interface ElectronApi extends Desktop {
  request(message: Extract<ClientMessage, { kind: 'request' }>): void;
  cancel(id: number): void;
  /** Returns the function that ends the subscription. */
  onMessage(listener: (message: ServerMessage) => void): () => void;
  /** The path of a dropped or picked file (webUtils.getPathForFile). */
  pathForFile(file: File): string;
  /** Shows a save dialog and writes the file; false when the user closed the dialog. */
  save(file: SavedFile): Promise<boolean>;
}

declare global {
  interface Window {
    readonly arenascope?: ElectronApi;
  }
}
