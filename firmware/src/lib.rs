//! sitrep's verifier on a microcontroller: what is independent of the board.
#![no_std]
